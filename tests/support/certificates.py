"""Certificates for the tests, made when they run by a certificate authority that nobody else trusts."""

from datetime import datetime
from pathlib import Path

import trustme
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509 import load_pem_x509_certificates


class Authority:
    """A certificate authority, with a folder for what it issues."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.certificate = self._ca.cert_pem.bytes().decode()
        """The PEM text of what has to be trusted."""
        self.location = str(folder / "ca.pem")
        Path(self.location).write_text(self.certificate)

    def issue(
        self, *identities: str, password: str | None = None, not_after: datetime | None = None
    ) -> tuple[str, str]:
        """A new private key and the certificate chain for these host names and addresses, both as PEM text.

        The key has the form that Java reads too (PKCS #8); with a password it is encrypted.
        """
        leaf = self._ca.issue_cert(*identities, not_after=not_after)
        key = load_pem_private_key(leaf.private_key_pem.bytes(), None)
        encryption = BestAvailableEncryption(password.encode()) if password else NoEncryption()
        key_text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()
        return key_text, "".join(part.bytes().decode() for part in leaf.cert_chain_pems)

    def issue_file(self, *identities: str, password: str | None = None, not_after: datetime | None = None) -> str:
        """The same, in one file; returns its path."""
        key, chain = self.issue(*identities, password=password, not_after=not_after)
        path = self._folder / f"{identities[0]}-{len(list(self._folder.iterdir()))}.pem"
        path.write_text(f"{key}\n{chain}")
        return str(path)

    def issue_keystore(self, path: Path, *identities: str, password: str, not_after: datetime | None = None) -> None:
        """Put the same into a PKCS #12 file, which every Java reads."""
        key, chain = self.issue(*identities, not_after=not_after)
        private_key = load_pem_private_key(key.encode(), None)
        assert isinstance(private_key, EllipticCurvePrivateKey)  # as trustme makes them
        certificate, *others = load_pem_x509_certificates(chain.encode())
        encryption = BestAvailableEncryption(password.encode())
        path.write_bytes(pkcs12.serialize_key_and_certificates(b"node", private_key, certificate, others, encryption))
