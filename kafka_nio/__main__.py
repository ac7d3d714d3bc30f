"""`python -m kafka_nio` is the command `kafka-nio`.

Java: no counterpart.
"""

from kafka_nio.cli import main

if __name__ == "__main__":
    main()
