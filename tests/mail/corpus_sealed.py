"""Signed and sealed mails (S/MIME, PGP), and the envelope of one mail program (winmail.dat)."""

from __future__ import annotations

import struct
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID

from tests.mail.corpus import Case, Numbered, attached, multi, part, whole

HELLO = part(b"Hello")
INNER = part("Grüße, signiert".encode()) + b"\r\n"


def cases() -> list[Case]:
    return [*_smime(), *_pgp(), *_tnef()]


@cache
def _signer() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Ada")])
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=9000))
        .sign(key, hashes.SHA256())
    )
    return key, made


def _signed(data: bytes, *, detached: bool = False) -> bytes:
    key, certificate = _signer()
    options = [pkcs7.PKCS7Options.Binary]
    if detached:
        options.append(pkcs7.PKCS7Options.DetachedSignature)
    builder = pkcs7.PKCS7SignatureBuilder().set_data(data)
    builder = builder.add_signer(certificate, key, hashes.SHA256())
    return builder.sign(serialization.Encoding.DER, options)


def _sealed(data: bytes) -> bytes:
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(data).add_recipient(_signer()[1])
    return builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def _streamed(data: bytes) -> bytes:
    """Signed data without lengths and in pieces, as some programs write it."""

    def tlv(tag: int, value: bytes) -> bytes:
        size = len(value)
        return bytes([tag]) + (bytes([size]) if size < 128 else b"\x82" + size.to_bytes(2)) + value

    open_, close = b"\x80", b"\x00\x00"
    pieces = b"".join(tlv(4, data[n : n + 20]) for n in range(0, len(data), 20))
    content = b"\xa0" + open_ + b"\x24" + open_ + pieces + close + close
    inner = b"\x30" + open_ + tlv(6, bytes.fromhex("2a864886f70d010701")) + content + close
    signed = b"\x30" + open_ + tlv(2, b"\x01") + tlv(0x31, b"") + inner + tlv(0x31, b"") + close
    oid = tlv(6, bytes.fromhex("2a864886f70d010702"))
    return b"\x30" + open_ + oid + b"\xa0" + open_ + signed + close + close


def _p7m(data: bytes, kind: str, name: str = "smime.p7m") -> bytes:
    told = (
        f'application/pkcs7-mime; smime-type={kind}; name="{name}"'
        if kind
        else (f'application/x-pkcs7-mime; name="{name}"')
    )
    return part(
        data, told, f'Content-Disposition: attachment; filename="{name}"', encoding="base64"
    )


def _smime() -> list[Case]:
    made = Numbered("S/MIME")
    signature = part(
        _signed(INNER, detached=True),
        "application/pkcs7-signature; name=smime.p7s",
        "Content-Disposition: attachment; filename=smime.p7s",
        encoding="base64",
    )
    params = '; protocol="application/pkcs7-signature"; micalg=sha-256'
    made.add(
        "signed beside",
        whole(multi("signed", HELLO, signature, params=params)),
        text="Hello",
        files=("smime.p7s",),
    )
    both = multi(
        "alternative", part(b"Hello plain"), part(b"<p>Hello</p>", "text/html"), boundary="a"
    )
    made.add(
        "signed beside, formatted",
        whole(multi("signed", both, signature, params=params)),
        text="Hello plain",
        files=("smime.p7s",),
    )
    made.add(
        "signed around",
        whole(_p7m(_signed(INNER), "signed-data")),
        text="Grüße, signiert",
        files=("smime.p7m",),
        note="signed",
    )
    made.add(
        "signed around, old type",
        whole(_p7m(_signed(INNER), "")),
        text="Grüße, signiert",
        files=("smime.p7m",),
        note="signed",
    )
    made.add(
        "signed around, in pieces",
        whole(_p7m(_streamed(INNER), "signed-data")),
        text="Grüße, signiert",
        files=("smime.p7m",),
        note="signed",
    )
    inside = multi("mixed", part(b"With a file"), attached(b"%PDF", "a.pdf"), boundary="in")
    made.add(
        "signed around a file",
        whole(_p7m(_signed(inside), "signed-data")),
        text="With a file",
        files=("a.pdf", "smime.p7m"),
        note="signed",
    )
    nested = _p7m(_signed(_p7m(_signed(INNER), "signed-data")), "signed-data")
    made.add("signed twice", whole(nested), text="Grüße, signiert", files=None)
    made.add(
        "sealed",
        whole(_p7m(_sealed(INNER), "enveloped-data")),
        text="",
        note="encrypted",
        files=("smime.p7m",),
    )
    made.add(
        "sealed, old type",
        whole(_p7m(_sealed(INNER), "")),
        text="",
        note="encrypted",
        files=("smime.p7m",),
    )
    made.add(
        "nonsense called signed",
        whole(_p7m(b"\x30\x82\xff\xff nonsense", "signed-data")),
        text="",
        files=("smime.p7m",),
    )
    bomb = b"\x30\x80" * 5_000
    made.add(
        "brackets without end", whole(_p7m(bomb, "signed-data")), text="", files=("smime.p7m",)
    )
    made.add(
        "certificates only",
        whole(_p7m(b"\x30\x00", "certs-only", "smime.p7c")),
        text="",
        files=("smime.p7c",),
    )
    return made.cases


ARMOURED = b"-----BEGIN PGP MESSAGE-----\r\n\r\nhQEMA1\r\n=abcd\r\n-----END PGP MESSAGE-----\r\n"
CLEAR = (
    b"-----BEGIN PGP SIGNED MESSAGE-----\r\nHash: SHA256\r\n\r\nHello\r\n"
    b"-----BEGIN PGP SIGNATURE-----\r\n\r\niQEz\r\n=abcd\r\n-----END PGP SIGNATURE-----\r\n"
)


def _pgp() -> list[Case]:
    made = Numbered("PGP")
    signature = part(
        b"-----BEGIN PGP SIGNATURE-----\r\n\r\nx\r\n-----END PGP SIGNATURE-----",
        "application/pgp-signature; name=signature.asc",
    )
    params = '; protocol="application/pgp-signature"; micalg=pgp-sha256'
    made.add(
        "signed beside",
        whole(multi("signed", HELLO, signature, params=params)),
        text="Hello",
        files=("signature.asc",),
    )
    sealed = multi(
        "encrypted",
        part(b"Version: 1", "application/pgp-encrypted"),
        part(ARMOURED, "application/octet-stream; name=encrypted.asc"),
        params='; protocol="application/pgp-encrypted"',
    )
    made.add(
        "sealed", whole(sealed), text="", note="encrypted", files=("version.txt", "encrypted.asc")
    )
    made.add("sealed inside the text", whole(part(ARMOURED)), has=("BEGIN PGP MESSAGE",))
    made.add("signed inside the text", whole(part(CLEAR)), has=("Hello",))
    return made.cases


def _attribute(level: int, number: int, data: bytes) -> bytes:
    check = sum(data) & 0xFFFF
    return struct.pack("<BII", level, number, len(data)) + data + struct.pack("<H", check)


def winmail(text: str = "", html: str = "", files: tuple[tuple[str, bytes], ...] = ()) -> bytes:
    """A TNEF stream with a body and files under their long names."""
    out = struct.pack("<IH", 0x223E9F78, 1)
    out += _attribute(1, 0x00089006, struct.pack("<I", 0x00010000))
    out += _attribute(1, 0x00069007, struct.pack("<II", 1252, 0))
    if text:
        out += _attribute(1, 0x0002800C, text.encode("cp1252") + b"\0")
    if html:
        data = html.encode("cp1252")
        value = struct.pack("<II", 1, len(data)) + data + b"\0" * (-len(data) % 4)
        out += _attribute(1, 0x00069003, struct.pack("<IHH", 1, 0x0102, 0x1013) + value)
    for name, data in files:
        wide = (name + "\0").encode("utf-16-le")
        value = struct.pack("<II", 1, len(wide)) + wide + b"\0" * (-len(wide) % 4)
        out += _attribute(2, 0x00069002, struct.pack("<HIHHI", 1, 0xFFFFFFFF, 0, 0, 0))
        out += _attribute(2, 0x00018010, b"SHORT~1.BIN\0")
        out += _attribute(2, 0x0006800F, data)
        out += _attribute(2, 0x00069005, struct.pack("<IHH", 1, 0x001F, 0x3707) + value)
    return out


def _tnef() -> list[Case]:
    made = Numbered("winmail.dat")

    def packed(data: bytes, kind: str = "application/ms-tnef", name: str = "winmail.dat") -> bytes:
        return attached(data, name, f'{kind}; name="{name}"')

    one = (("Angebot über 5.pdf", b"%PDF-1.4 x"),)
    beside = multi("mixed", HELLO, packed(winmail(files=one)))
    made.add(
        "a file",
        whole(beside),
        text="Hello",
        files=("Angebot über 5.pdf",),
        contents=(b"%PDF-1.4 x",),
    )
    two = (("a.txt", b"one"), ("b.txt", b"two"))
    made.add(
        "two files",
        whole(multi("mixed", HELLO, packed(winmail("inside", files=two)))),
        text="Hello",
        files=("a.txt", "b.txt"),
        contents=(b"one", b"two"),
    )
    made.add(
        "the words inside",
        whole(packed(winmail("Words inside – yes"))),
        text="Words inside – yes",
        files=(),
    )
    made.add(
        "formatted words inside",
        whole(packed(winmail(html="<p>Formatted</p>"))),
        text="Formatted",
        files=(),
    )
    made.add(
        "called a plain file",
        whole(multi("mixed", HELLO, packed(winmail(files=one), "application/octet-stream"))),
        text="Hello",
        files=("Angebot über 5.pdf",),
    )
    made.add(
        "nonsense",
        whole(multi("mixed", HELLO, packed(b"nonsense"))),
        text="Hello",
        files=("winmail.dat",),
        defect="winmail.dat",
    )
    short = winmail(files=one)[:60]
    made.add("cut short", whole(multi("mixed", HELLO, packed(short))), text="Hello", files=None)
    lies = bytearray(winmail(files=one))
    lies[20:24] = b"\xff\xff\xff\x7f"
    made.add(
        "with a lying length",
        whole(multi("mixed", HELLO, packed(bytes(lies)))),
        text="Hello",
        files=None,
    )
    return made.cases
