"""nginx with the configuration of deploy/, on ports of its own, in front of web processes."""

import http.client
import re
import socket
import ssl
import subprocess
import time
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sergio.lib import clock
from tests.faults.program import HOST, ROOT, Response
from tests.ports import free_port

DOMAIN = "sergio.test"
SPARKLE = f"sparkle.{DOMAIN}"
MAIN = """
user root;
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
events {{}}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    include {folder}/conf.d/*.conf;
}}
"""


class Proxy:
    """A running nginx: `port` speaks TLS, `plain` does not; `written` is all it has logged."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.port, self.plain = free_port(), free_port()

    def configure(self, upstream: str):
        """Write nginx's files as an operator would: our own, with domain, certificate and ports put in."""
        text = (ROOT / "deploy/nginx/sergio.conf").read_text().replace("portal.example.com", DOMAIN)
        text = text.replace("/etc/nginx/sergio", str(self.folder)).replace("/var/log/nginx", str(self.folder))
        text = re.sub(r"listen 80\b", f"listen {HOST}:{self.plain}", text)
        text = re.sub(r"listen 443\b", f"listen {HOST}:{self.port}", text)
        (self.folder / "conf.d").mkdir(parents=True)
        (self.folder / "conf.d/sergio.conf").write_text(text)
        (self.folder / "conf.d/upstream.conf").write_text(upstream)
        (self.folder / "nginx.conf").write_text(MAIN.format(folder=self.folder))
        make_certificate(self.folder)

    def connect(
        self, host: str = SPARKLE, *, source: str = HOST, newest=ssl.TLSVersion.MAXIMUM_SUPPORTED
    ) -> ssl.SSLSocket:
        """A TLS connection from the address `source`, which checks the certificate."""
        context = ssl.create_default_context(cafile=self.folder / "fullchain.pem")
        context.maximum_version = newest
        raw = socket.create_connection((HOST, self.port), 30, (source, 0))
        return context.wrap_socket(raw, server_hostname=host)

    def ask(self, method: str, path: str, host: str = SPARKLE, *, body=None, headers=None, source=HOST) -> Response:
        connection = http.client.HTTPConnection(HOST)
        connection.sock = self.connect(host, source=source)
        try:
            connection.request(method, path, body, {"Host": host, **(headers or {})})
            return Response(connection.getresponse())
        finally:
            connection.close()

    @property
    def written(self) -> str:
        return "".join(log.read_text() for log in self.folder.glob("*.log"))


@contextmanager
def running_nginx(program: Path, folder: Path, upstream: str):
    """Nginx while the block lasts."""
    proxy = Proxy(folder)
    proxy.configure(upstream)
    command = [program, "-e", folder / "start.log", "-p", folder, "-c", folder / "nginx.conf"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as nginx:
        try:
            wait_until_it_listens(nginx, proxy.port)
            yield proxy
        finally:
            nginx.terminate()


def wait_until_it_listens(nginx: subprocess.Popen, port: int):
    for _ in range(200):
        assert nginx.poll() is None, nginx.stderr.read()
        with suppress(OSError):
            socket.create_connection((HOST, port)).close()
            return
        time.sleep(0.05)
    raise AssertionError("nginx does not listen")


def make_certificate(folder: Path):
    """A certificate for the site and its companies, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = clock.now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, DOMAIN)])
    names = x509.SubjectAlternativeName([x509.DNSName(DOMAIN), x509.DNSName(f"*.{DOMAIN}")])
    draft = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    draft = draft.serial_number(x509.random_serial_number()).add_extension(names, critical=False)
    draft = draft.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    draft = draft.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(days=1))
    pem = serialization.Encoding.PEM
    (folder / "fullchain.pem").write_bytes(draft.sign(key, hashes.SHA256()).public_bytes(pem))
    plain = serialization.NoEncryption()
    (folder / "privkey.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
