"""A stand-in of the Zendesk page around an app: serves page, SDK and the app's zip on loopback."""

import mimetypes
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.support.tls_certificates import make_server_tls_context

FOLDER = Path(__file__).resolve().parent
AGENT_PAGE = "https://acme.zendesk.com/agent/tickets/48213"
_APP_HOST = "924817.apps.zdusercontent.com"
# Where Zendesk puts an app's files: a folder for each upload.
_APP_FOLDER = "/924817/assets/1795-abc/"
_SDK_HOST, _SDK_PATH = "static.zdassets.com", "/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js"


class ZendeskFrameServer:
    """Serves by host name, over TLS; `requested` are the addresses that a browser asked for."""

    def __init__(self, app_zip: Path, folder: Path) -> None:
        self.requested: list[str] = []
        with zipfile.ZipFile(app_zip) as archive:
            assets = {
                name.removeprefix("assets/"): archive.read(name)
                for name in archive.namelist()
                if name.startswith("assets/")
            }
        requested = self.requested

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                host, path = self.headers["Host"], self.path.partition("?")[0]
                requested.append(f"{host}{path}")
                body = None
                if host == "acme.zendesk.com" and path.startswith("/agent/"):
                    body, path = (FOLDER / "agent_page.html").read_bytes(), "page.html"
                elif (host, path) == (_SDK_HOST, _SDK_PATH):
                    body = (FOLDER / "zaf_sdk.js").read_bytes()
                elif host == _APP_HOST and path.startswith(_APP_FOLDER):
                    body = assets.get(path.removeprefix(_APP_FOLDER))
                self.send_response(404 if body is None else 200)
                self.send_header("Content-Type", mimetypes.guess_type(path)[0] or "text/plain")
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context, _ = make_server_tls_context(folder, host="acme.zendesk.com")
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(10)
