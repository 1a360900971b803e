"""The guide: every program and every command on its pages, in their order, in one shell; and every test it names exists.

A page has blocks of these kinds: `c NAME` is a file; `sh` is run; `text` is what the commands before it print.
"""

import os
import re
import shutil
import signal

from stage import Failure, marked

BLOCK = re.compile(r"^```(.*?)\n(.*?)^```$", re.M | re.S)
TEST = re.compile(r"`(\w+\.\w+)`")


def script_of(page, directory):
    """Writes the files of a page; returns its shell script, and what each block has to print (None: whatever)."""
    script, wanted = ["set -euo pipefail"], []
    for kind, body in BLOCK.findall(page):
        if kind.startswith("c "):
            (directory / kind[2:]).write_text(body)
        elif kind == "sh":
            script += [body, f"echo '== end of block {len(wanted)}'"]
            wanted.append(None)
        elif kind == "text" and wanted and wanted[-1] is None:
            wanted[-1] = body
        else:
            raise Failure(f"a block of the kind {kind!r} that nobody runs")
    if not wanted:
        raise Failure("nothing to run")
    return "\n".join(script), wanted


def check_output(lines, wanted):
    block = []
    number = 0
    for line in lines:
        if line != f"== end of block {number}":
            block.append(line)
            continue
        if wanted[number] is not None and wanted[number].splitlines() != block:
            raise Failure(f"block {number} prints {block}, and the page says {wanted[number].splitlines()}")
        block, number = [], number + 1
    if number != len(wanted):
        raise Failure(f"only {number} of {len(wanted)} blocks ended well")


def check_names(stage, page):
    known = stage.all_tests
    modules = {name.split(".")[0] for name in known}
    for name in TEST.findall(page):
        if name.split(".")[0] in modules and name not in known:
            raise Failure(f"there is no test {name}")


def run_page(stage, name):
    page = (stage.examples.parent / "docs/guide" / name).read_text()
    check_names(stage, page)
    directory = stage.scratch / "page"
    # The page builds the examples; here they are built already.
    shutil.copytree(stage.examples, directory / "examples", ignore=shutil.ignore_patterns("build", "__pycache__"))
    (directory / "examples/build").symlink_to(stage.programs)
    script, wanted = script_of(page, directory)
    # The shell's own remarks about who was killed are no output of the page.
    (directory / "script").write_text(f"cd {directory}\nexec 2> errors\n{script}")
    try:
        shell = stage.start_command("page", ["bash", directory / "script"])
        shell.wait_end()
        check_output(shell.lines, wanted)
    except Failure:
        stage.note((directory / "errors").read_text())
        raise
    finally:
        for left in marked(stage.scratch):
            os.kill(left, signal.SIGKILL)
    stage.counts["blocks"] += len(wanted)
    # The shell is no program of ours; this one shows which library it was.
    stage.start("server", "lazy-pirate/server", "server", stage.endpoint("front"), 1)
    stage.start("ann", "lazy-pirate/client", "ann", stage.endpoint("front"), 1, 3).wait_end()


def test_choosing(stage):
    run_page(stage, "choosing.md")


def test_lost_messages(stage):
    run_page(stage, "lost-messages.md")


def test_names_in_readmes(stage):
    """The pages of the examples say which tests show what; those exist, and so do the programs and files that they name."""
    for page in sorted(stage.examples.rglob("README.md")):
        if "build" in page.parts:
            continue
        text = page.read_text()
        tests = {name.split(".")[1] for name in stage.all_tests}
        line = next((line for line in text.splitlines() if line.startswith("Tests: ")), "")
        for word in re.findall(r"`(\w+)`", line):
            if word not in tests and not word.startswith("_"):
                raise Failure(f"{page}: there is no test {word}")
        stage.counts["tests named"] += len(re.findall(r"`(\w+)`", line))
        for program in re.findall(r"examples/build/([\w/-]+)", text):
            if not (stage.programs / program).is_file():
                raise Failure(f"{page}: there is no program {program}")
            stage.counts["programs named"] += 1
        for file in re.findall(r"`((?:lib|tests)/[\w./]+)`", text):
            if not (stage.examples / file).exists():
                raise Failure(f"{page}: there is no {file}")
    stage.start("server", "lazy-pirate/server", "server", stage.endpoint("front"), 1)
    stage.start("ann", "lazy-pirate/client", "ann", stage.endpoint("front"), 1, 3).wait_end()
