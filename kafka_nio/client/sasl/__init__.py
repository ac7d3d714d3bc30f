"""Logging in: who proves what to whom, before a connection takes requests.

- `client_authenticator`: the conversation with the broker, in Kafka's own requests, without ever waiting.
- `mechanism`: what a way of logging in has to do: turn the broker's tokens into ours.
- `plain`, `scram`, `oauth_bearer`: the ways there are. `mechanisms` chooses one.
- `token_login`: where the tokens of OAUTHBEARER come from, and when they are old.

Java: org.apache.kafka.common.security.authenticator
"""
