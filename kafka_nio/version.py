"""The version of this package. pyproject.toml takes it from here.

It is what each new connection tells the broker. To read it from the installed package's metadata would cost a program
a tenth of the time that it needs to load the producer.

Java: org.apache.kafka.common.utils.AppInfoParser
"""

VERSION = "0.1.0"
