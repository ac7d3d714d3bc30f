"""What several tests need: other people's brokers, and a consumer to read back what reached them."""
