"""Whether two report folders are the same but for the time and place of the run.

    same.py ONE OTHER

Says how many files were compared, and ends with 1 where one differs or is missing.
"""

import json
import pathlib
import re
import sys

MARKER = ".robustness-check"


def without_run(path):
    """The bytes of a file, less what tells of its run."""
    content = path.read_bytes()
    if path.suffix == ".json" and path.stem == "report":
        report = json.loads(content)
        report.pop("run")
        # It goes over all of the report, the run as well.
        report.pop("checksum", None)
        return json.dumps(report).encode()
    if path.suffix in (".html", ".md"):
        return re.sub(rb"<footer.*?</footer>", b"", content, flags=re.DOTALL)
    return content


def files(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder): path for path in found if not path.name.startswith(MARKER)}


def main():
    one, other = (files(pathlib.Path(folder)) for folder in sys.argv[1:])
    differ = [name for name in one.keys() | other.keys() if name not in one or name not in other]
    differ += [name for name in one.keys() & other.keys() if without_run(one[name]) != without_run(other[name])]
    for name in sorted(differ):
        print(f"differs: {name}")
    print(f"{len(one.keys() & other.keys())} files compared, {len(differ)} differ")
    sys.exit(bool(differ) or not one)


main()
