"""`python -m kafka_nio.book` writes the pages that are made of tables in the code into `docs/`.

Java: no counterpart.
"""

from kafka_nio.book import exercise_pages, recordings
from kafka_nio.book.project import Project
from kafka_nio.book.reference import PAGES


def main() -> None:
    """Write each page anew, and say which."""
    for name, page in (PAGES | recordings.pages() | exercise_pages.pages()).items():
        path = Project.here().root / "docs" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(page(), encoding="utf-8")
        print(f"wrote {path}")


if __name__ == "__main__":
    main()
