"""SM2 signatures: OpenSSL accepts ours and we accept OpenSSL's; nothing else is accepted."""

from __future__ import annotations

import stat
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from kernel.errors import ConfigError
from kernel.signing import Sm2Signer, key_of, signed_by

DATA = "守时".encode()
SM2 = ["-pkeyopt", "distid:1234567812345678", "-rawin", "-digest", "sm3"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="module")
def signer(folder: Path) -> Sm2Signer:
    return Sm2Signer(folder)


def openssl(*arguments: str, cwd: Path) -> bytes:
    try:
        done = subprocess.run(["openssl", *arguments], cwd=cwd, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip("openssl is not installed here")
    if done.returncode and b"SM2" in done.stderr.upper() and b"unsupported" in done.stderr:
        pytest.skip("this openssl was built without SM2")
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def public_pem(public_key: str) -> bytes:
    """The point as a SubjectPublicKeyInfo on the curve sm2p256v1 (GM/T 0010)."""
    import base64

    head = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d03420004")
    body = base64.encodebytes(head + bytes.fromhex(public_key)).decode()
    return f"-----BEGIN PUBLIC KEY-----\n{body}-----END PUBLIC KEY-----\n".encode()


def test_openssl_accepts_our_signature(signer: Sm2Signer, tmp_path: Path) -> None:
    signature = signer.sign(DATA)
    r, s = int(signature[:64], 16), int(signature[64:], 16)
    (tmp_path / "key.pem").write_bytes(public_pem(signer.public_key))
    (tmp_path / "signature").write_bytes(encode_dss_signature(r, s))
    (tmp_path / "data").write_bytes(DATA)
    command = [
        "pkeyutl",
        "-verify",
        "-pubin",
        "-inkey",
        "key.pem",
        "-sigfile",
        "signature",
        "-in",
        "data",
        *SM2,
    ]
    assert b"Verified" in openssl(*command, cwd=tmp_path)


def test_we_accept_the_signature_of_openssl(tmp_path: Path) -> None:
    openssl("genpkey", "-algorithm", "SM2", "-out", "key.pem", cwd=tmp_path)
    point = openssl("pkey", "-in", "key.pem", "-pubout", "-outform", "DER", cwd=tmp_path)[-64:].hex()
    (tmp_path / "data").write_bytes(DATA)
    made = openssl("pkeyutl", "-sign", "-inkey", "key.pem", "-in", "data", *SM2, cwd=tmp_path)
    r, s = decode_dss_signature(made)
    assert signed_by(point, DATA, f"{r:064x}{s:064x}")


def test_two_signatures_of_the_same_differ(signer: Sm2Signer) -> None:
    assert signer.sign(DATA) != signer.sign(DATA)


def test_other_data_another_key_or_another_signature_is_refused(signer: Sm2Signer, tmp_path: Path) -> None:
    signature = signer.sign(DATA)
    assert signed_by(signer.public_key, DATA, signature)
    assert not signed_by(signer.public_key, DATA + b"x", signature)
    assert not signed_by(Sm2Signer(tmp_path).public_key, DATA, signature)
    for place in (0, 70, 127):
        digit = "0" if signature[place] != "0" else "1"
        assert not signed_by(signer.public_key, DATA, signature[:place] + digit + signature[place + 1 :])


@pytest.mark.parametrize("signature", ["", "x" * 128, "0" * 128, "f" * 128, "1" * 127, "1" * 200])
def test_what_is_no_signature_is_refused(signer: Sm2Signer, signature: str) -> None:
    assert not signed_by(signer.public_key, DATA, signature)


@pytest.mark.parametrize("key", ["", "zz", "0" * 128 + "1", "x" * 128])
def test_what_is_no_public_key_is_refused(signer: Sm2Signer, key: str) -> None:
    assert not signed_by(key, DATA, signer.sign(DATA))


@settings(max_examples=8, deadline=None)
@given(number=st.integers(1, 2**255))
def test_any_key_works_whatever_digits_its_point_begins_with(number: int) -> None:
    signer = Sm2Signer(f"{number:064x}")
    assert signed_by(signer.public_key, DATA, signer.sign(DATA))


@pytest.mark.parametrize("digits", ["", "abc", "0" * 64, "f" * 64, "g" * 64])
def test_what_is_no_private_key_stops_the_start(digits: str) -> None:
    with pytest.raises(ConfigError, match="SHOUSHI_SIGNING_KEY"):
        Sm2Signer(digits)


def test_processes_that_start_together_share_one_key_that_others_cannot_read(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: key_of(tmp_path), range(16)))) == 1
    assert [p.name for p in tmp_path.iterdir()] == ["signing.key"]
    assert stat.S_IMODE((tmp_path / "signing.key").stat().st_mode) == 0o600
