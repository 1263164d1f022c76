"""Compares a folder of workbooks, the folder of their results and the ledger.

Written apart from the program: it shares no code with it, only the names of the
ledger's tables. It prints what it compared and every disagreement, and ends with
1 if there is one, or if there was nothing to compare.

    python3 audit.py IN OUT [STATE]
"""

import hashlib
import os
import sqlite3
import sys

EXTENSIONS = (".xlsx", ".xlsm", ".xltx", ".xltm", ".xls", ".xlsb", ".ods")


def sha256(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()


def main(folder, out, state=None):
    wrong = []
    db = sqlite3.connect(os.path.join(state or os.path.join(out, ".shakeout"), "ledger.db"))
    if db.execute("PRAGMA integrity_check").fetchone()[0] != "ok":
        wrong.append("the ledger is damaged")
    db.row_factory = sqlite3.Row
    rows = {r["name"]: r for r in db.execute("SELECT * FROM workbooks")}
    claimed = {r["output"] for r in db.execute("SELECT output FROM versions")} | {r["output"] for r in rows.values()}

    there = {}
    for base, folders, names in os.walk(folder):
        folders[:] = [f for f in folders if not f.startswith(".") and os.path.realpath(os.path.join(base, f)) != os.path.realpath(out)]
        for name in names:
            if name.lower().endswith(EXTENSIONS) and not name.startswith((".", "~$")):
                path = os.path.join(base, name)
                there[os.path.relpath(path, folder).replace(os.sep, "/")] = path

    compared = 0
    for name, path in sorted(there.items()):
        row = rows.get(name)
        if row is None:
            wrong.append(f"{name}: not in the ledger")
            continue
        if row["gone"]:
            wrong.append(f"{name}: there, and gone in the ledger")
        if row["status"] in ("waiting", "failed"):
            wrong.append(f"{name}: {row['status']} {row['code']}")
            continue
        compared += 1
        if row["sha256"] != sha256(path):
            wrong.append(f"{name}: the ledger has another version")
        output = os.path.join(out, row["output"])
        if row["status"] == "enriched":
            if not os.path.exists(output):
                wrong.append(f"{name}: no result")
            elif sha256(output) != row["output_sha256"]:
                wrong.append(f"{name}: its result is not the one in the ledger")
            if row["reason"]:
                wrong.append(f"{name}: enriched, with a reason of a rejection in the ledger")
            if os.path.exists(os.path.join(out, os.path.splitext(name)[0] + ".rejected.txt")) and not any(
                r["reason"] == os.path.splitext(name)[0] + ".rejected.txt" for r in rows.values()
            ):
                wrong.append(f"{name}: enriched, with a reason of a rejection beside it")
        elif row["status"] == "rejected":
            reason = os.path.join(out, row["reason"])
            if not os.path.exists(reason) or os.path.getsize(reason) == 0:
                wrong.append(f"{name}: rejected, without a reason")
    for name, row in rows.items():
        if name not in there and not row["gone"]:
            wrong.append(f"{name}: not there, and not gone in the ledger")

    results = 0
    for base, folders, names in os.walk(out):
        if os.path.basename(base) == ".shakeout":
            folders[:] = []
            continue
        for name in names:
            rel = os.path.relpath(os.path.join(base, name), out).replace(os.sep, "/")
            if name.startswith(".shakeout-"):
                wrong.append(f"{rel}: a temporary file")
            elif name == "market.enriched.xlsx" or name.startswith("market-") and rel not in claimed:
                continue  # made of all workbooks together; the ledger does not list it
            elif ".enriched." in name and ".edited-" not in name:
                results += 1
                if rel not in claimed:
                    wrong.append(f"{rel}: a result that the ledger does not know")

    print(f"{len(there)} workbooks, {compared} compared, {len(rows)} in the ledger, {results} results, {len(wrong)} disagreements")
    for w in wrong[:50]:
        print(w)
    return 1 if wrong or not compared else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
