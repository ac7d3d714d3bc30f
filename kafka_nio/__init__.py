"""kafka-nio: Kafka's producer, to be read while it runs."""
