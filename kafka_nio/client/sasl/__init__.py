"""Logging in: who proves what to whom, before a connection takes requests.

- `client_authenticator`: the conversation with the broker, in Kafka's own requests, without ever waiting.
- `mechanism`: what a way of logging in has to do: turn the broker's tokens into ours.
- `plain`, `scram`, `oauth_bearer`: the ways there are. `mechanisms` chooses one.
- `token_login`: the token of OAUTHBEARER that is good at present, and when it is old.
- `token_source`: where it comes from: a function, a file, or a `token_endpoint`, which gives one for one of the
  `token_grants`, such as an `assertion`. `access_token` is what one gets.

Java: org.apache.kafka.common.security.authenticator
"""
