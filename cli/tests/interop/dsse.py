"""Release statements by hand: DSSE v1 envelopes with nothing but the standard library and
`cryptography`, by the specifications and not by what the program does.

    dsse.py keygen KIND PRIVATE.pem PUBLIC.pem
    dsse.py state FILE.zip ENVELOPE.json VERSION SEQUENCE [plain|urlsafe|unnamed] [ALGORITHM PRIVATE.pem]...
    dsse.py verify ENVELOPE.json FILE.zip [ALGORITHM PUBLIC.pem]...
"""

import base64
import datetime
import hashlib
import json
import sys
import zipfile

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa

PAYLOAD_TYPE = "application/vnd.live-updater.release+json"
SHA256 = hashes.SHA256()
PSS = padding.PSS(mgf=padding.MGF1(SHA256), salt_length=32)

# How a key is called with a message: to sign it, and behind a signature to verify it.
ALGORITHMS = {
    "ed25519": [],
    "ecdsa-p256-sha256": [ec.ECDSA(SHA256)],
    "rsa-pkcs1-sha256": [padding.PKCS1v15(), SHA256],
    "rsa-pss-sha256": [PSS, SHA256],
}


def keygen(kind, private_path, public_path):
    key = {
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "rsa": lambda: rsa.generate_private_key(65537, 2048),
    }[kind]()
    with open(private_path, "wb") as file:
        file.write(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
    with open(public_path, "wb") as file:
        file.write(
            key.public_key().public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
        )


def state(zip_path, envelope_path, version, sequence, form, *signers):
    now = datetime.datetime.now(datetime.timezone.utc)
    payload = {
        "appId": "com.example.app",
        "channel": "production",
        "platforms": ["android", "ios"],
        "version": version,
        "sequence": int(sequence),
        "issuedAt": moment(now),
        "expiresAt": moment(now + datetime.timedelta(days=1)),
        "action": "install",
        "bundle": bundle(zip_path),
        "unknown": {"ü": [None, 1.5]},
    }
    # Another layout and order than the program's.
    payload = json.dumps(payload, indent=2, sort_keys=True).encode()
    encode = base64.urlsafe_b64encode if form == "urlsafe" else base64.b64encode
    signatures = []
    for algorithm, path in pairs(signers):
        with open(path, "rb") as file:
            key = serialization.load_pem_private_key(file.read(), None)
        signature = key.sign(pae(PAYLOAD_TYPE, payload), *ALGORITHMS[algorithm])
        entry = {"sig": encode(signature).decode()}
        if form != "unnamed":
            entry["keyid"] = key_id(key.public_key())
        signatures.append(entry)
    envelope = {
        "payloadType": PAYLOAD_TYPE,
        "payload": encode(payload).decode(),
        "signatures": signatures,
    }
    with open(envelope_path, "w") as file:
        json.dump(envelope, file)


def verify(envelope_path, zip_path, *signers):
    with open(envelope_path) as file:
        envelope = json.load(file)
    assert envelope["payloadType"] == PAYLOAD_TYPE
    payload = base64.b64decode(envelope["payload"], validate=True)
    message = pae(envelope["payloadType"], payload)
    signatures = {each["keyid"]: each["sig"] for each in envelope["signatures"]}
    assert len(signatures) == len(signers) // 2, "other signers"
    for algorithm, path in pairs(signers):
        with open(path, "rb") as file:
            key = serialization.load_pem_public_key(file.read())
        signature = base64.b64decode(signatures[key_id(key)], validate=True)
        # Raises where it doesn't hold.
        key.verify(signature, message, *ALGORITHMS[algorithm])
    statement = json.loads(payload)
    assert statement["bundle"] == bundle(zip_path), (statement["bundle"], bundle(zip_path))
    for name in ["issuedAt", "expiresAt"]:
        datetime.datetime.strptime(statement[name], "%Y-%m-%dT%H:%M:%SZ")
    print(json.dumps(statement))


def bundle(zip_path):
    with open(zip_path, "rb") as file:
        content = file.read()
    with zipfile.ZipFile(zip_path) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
        files = {name.encode(): archive.read(name) for name in names}
    lines = [
        hashlib.sha256(files[name]).hexdigest().encode() + b"  " + name + b"\n"
        for name in sorted(files)
    ]
    return {
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "filesSha256": hashlib.sha256(b"".join(lines)).hexdigest(),
        "unpackedSize": sum(len(content) for content in files.values()),
    }


def pae(payload_type, payload):
    """DSSE v1, protocol: PAE(type, body)."""
    kind = payload_type.encode()
    return b" ".join(
        [b"DSSEv1", str(len(kind)).encode(), kind, str(len(payload)).encode(), payload]
    )


def key_id(public_key):
    der = public_key.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return hashlib.sha256(der).hexdigest()


def moment(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def pairs(values):
    return list(zip(values[::2], values[1::2]))


{"keygen": keygen, "state": state, "verify": verify}[sys.argv[1]](*sys.argv[2:])
