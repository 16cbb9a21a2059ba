"""Rendering asks nobody for anything, whatever a template, a style sheet or a piece has in it."""

import json
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: Renders an issue with the templates of a folder, and tells what was tried: connections, look-ups, files outside.
PROGRAM = """
import json, sys
sys.path[:0] = [sys.argv[3]]
from dataclasses import replace
from pathlib import Path
from roundup.errors import TemplateError
from roundup.model import Picture
from roundup.rendering.jinja import JinjaRenderer
from tests.builders import EMAIL_TEMPLATES, NONCE, a_house_block, a_masthead, a_piece, a_ranked_piece, an_issue
folder, address = Path(sys.argv[1]), sys.argv[2]
hostile = f'<img src="{address}/t"><link href="{address}/l"> @import url({address}/i)'
picture = Picture(url=f"{address}/pic.png", alt=hostile)
piece = a_piece(title=hostile, link=f"{address}/p", excerpt=hostile, picture=picture)
issue = an_issue(pieces=(a_ranked_piece(piece), a_ranked_piece(replace(piece, id="2", link=f"{address}/q"))))
logo = "https" + address.removeprefix("http") + "/logo.png"
masthead = replace(a_masthead(logo=logo, blocks=[a_house_block(text=hostile)]), pictures="all")
renderer = JinjaRenderer(masthead=masthead, folders=[folder, EMAIL_TEMPLATES])
tried = []
allowed = (str(folder), str(EMAIL_TEMPLATES), sys.prefix, sys.base_prefix, sys.argv[3])
def watch(event, args):
    if event.startswith(("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "subprocess", "os.system")):
        tried.append(event)
    if event == "open" and isinstance(args[0], str) and not str(args[0]).startswith(allowed):
        tried.append(f"open {args[0]}")
sys.addaudithook(watch)
try:
    said = str(len(renderer.render(issue, nonce=NONCE).rendered.html))
except TemplateError as error:
    said = str(error)
print(json.dumps({"said": said, "tried": tried}))
"""

STYLES = "@import url({address}/a.css); @import '{address}/b.css'; @import url(file:///etc/passwd);"
#: A file of a newsletter's own, and what is in it; {address} is the listener's.
TEMPLATES = {
    "an import in the styles": ("styles.css", STYLES),
    "an import in what stays": ("kept.css", STYLES),
    "a url in the styles": ("styles.css", ".name {{ background: url({address}/x.png); }}"),
    "a font": ("styles.css", "@font-face {{ font-family: X; src: url({address}/x.woff); }}"),
    "an outside sheet": ("footer.html", '<link rel="stylesheet" href="{address}/s.css">{{{{ leave_link }}}}'),
    "a script": ("footer.html", '<script src="{address}/s.js"></script>{{{{ leave_link }}}}'),
    "a picture": ("footer.html", '<img src="{address}/i.png">{{{{ leave_link }}}}'),
    "an entity": ("issue.html", '<!DOCTYPE html [<!ENTITY x SYSTEM "{address}/e">]><p>&x;</p>{{{{ leave_link }}}}'),
    "a base": ("footer.html", '<base href="{address}/">{{{{ leave_link }}}}'),
}
#: What a template may not do, and the words of the sentence that says so.
FORBIDDEN = {
    "another template from the web": ('{{% include "{address}/x.html" %}}', "there is no template"),
    "a file of the system": ('{{% include "/etc/passwd" %}}', "there is no template"),
    "a file above": ('{{% include "../../roundup.toml" %}}', "there is no template"),
    "the class of a text": ("{{{{ ''.__class__.__mro__ }}}}", "may not do this"),
    "what a function knows": ("{{{{ say.__globals__ }}}}", "may not do this"),
    "what a view is made of": ("{{{{ newsletter.__init__.__globals__ }}}}", "may not do this"),
    "a way out in a sentence": ("{{{{ say('{{x.__class__}}', x=newsletter) }}}}", "plain name"),
    "the environment": ("{{{{ environ }}}}", "nothing that a template can show"),
    "an endless loop": ("{{% for x in range(10**9) %}}x{{% endfor %}}", "footer.html"),
}


@contextmanager
def a_listener() -> Iterator[tuple[str, list[object]]]:
    """A server that counts who comes; gives its address."""
    came: list[object] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ended = threading.Event()

        def listen() -> None:
            while not ended.is_set():
                try:
                    line, who = server.accept()
                except TimeoutError:
                    continue
                came.append(who)
                line.close()

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}", came
        finally:
            ended.set()
            thread.join()


def rendered(folder: Path, name: str, content: str) -> tuple[str, list[str], int]:
    """What came of it, what was tried, and how many came to the listener."""
    root = Path(__file__).resolve().parents[2]
    with a_listener() as (address, came):
        (folder / name).write_text(content.format(address=address), encoding="utf-8")
        command = [sys.executable, "-W", "error", "-c", PROGRAM, str(folder), address, str(root)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    return told["said"], told["tried"], len(came)


@pytest.mark.parametrize("what", TEMPLATES)
def test_nothing_is_asked_for_whatever_the_templates_have_in_them(tmp_path: Path, what: str) -> None:
    _, tried, came = rendered(tmp_path, *TEMPLATES[what])
    assert ([], 0) == (tried, came)


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_a_template_may_not_do_is_told_with_its_file_and_line(tmp_path: Path, what: str) -> None:
    content, words = FORBIDDEN[what]
    said, tried, came = rendered(
        tmp_path, "footer.html", f"<tr><td>\n{content}\n</td></tr>{{{{{{{{ leave_link }}}}}}}}"
    )
    assert words in said
    assert f"{tmp_path / 'footer.html'}, line 2" in said
    assert ([], 0) == (tried, came)


def test_the_listener_counts() -> None:
    with a_listener() as (address, came):
        with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2])), timeout=5) as line:
            line.recv(1)
        assert 1 == len(came)
