"""Certificates of a test authority: good, expired, for another host, and one that signed itself."""

import ssl
import subprocess

CONFIG = """[ca]
default_ca = test
[test]
database = index
serial = serial
new_certs_dir = .
private_key = ca.key
certificate = ca.pem
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
[req]
distinguished_name = name
[name]
"""


def openssl(folder, *arguments):
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


def make(folder):
    """ca.pem, and NAME.pem with its NAME.key for each certificate."""
    (folder / "ca.conf").write_text(CONFIG)
    (folder / "index").touch()
    (folder / "serial").write_text("01\n")
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl(folder, "req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-days", "30",
        "-subj", "/CN=Test authority", "-addext", "basicConstraints=critical,CA:TRUE")
    openssl(folder, "req", "-x509", *new, "-keyout", "self.key", "-out", "self.pem", "-days", "30",
        "-subj", "/CN=self", "-addext", "subjectAltName=IP:127.0.0.1")
    for name, host, end in (("good", "IP:127.0.0.1", "21001231000000Z"),
            ("expired", "IP:127.0.0.1", "20210101000000Z"),
            ("other", "DNS:other.example", "21001231000000Z")):
        openssl(folder, "req", "-new", *new, "-keyout", f"{name}.key", "-out", f"{name}.csr",
            "-subj", f"/CN={name}", "-addext", f"subjectAltName={host}")
        openssl(folder, "ca", "-batch", "-notext", "-config", "ca.conf", "-in", f"{name}.csr",
            "-out", f"{name}.pem", "-startdate", "20200101000000Z", "-enddate", end)


def context(folder, kind):
    """A server's context; None: plain sockets."""
    if kind in (None, "none"):
        return None
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    name = "good" if kind == "old" else kind
    made.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    if kind == "old":
        made.set_ciphers("ALL:@SECLEVEL=0")
        made.minimum_version = made.maximum_version = ssl.TLSVersion.TLSv1
    return made
