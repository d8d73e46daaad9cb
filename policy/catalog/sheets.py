"""Lists and tables, and the files that hold them: E170 to E189, W430 to W439."""

from __future__ import annotations

from policy.catalog.page import Page

PAGES: dict[str, Page] = {
    "E170": Page(
        "a list or table cannot be read",
        "`file` names a text or CSV file that is missing, is not a file, has more than 16 MiB, or lies outside the "
        "policy's folder.",
        "A list that is missing must not be taken for an empty one.",
        "Write the path of a file beside the policy or below it, such as lists/office.csv.",
        "lists:\n  office: {type: cidr, file: lists/no-such-file.csv}",
    ),
    "E171": Page(
        "an entry of another type",
        "An entry of a list is not of the list's type: string, int, double, ip or cidr.",
        "It could never equal a fact, and whoever wrote it believes that it does.",
        "Mend the entry, or give the list the `type` of its entries.",
        "lists:\n  ports: {type: int, entries: [22, http]}",
    ),
    "E172": Page(
        "not a text or CSV file",
        "The file of a list or table is not UTF-8 text, holds a control character, an open quote, a row of another "
        "length than its header, or more than 250,000 rows.",
        "A file that is cut or guessed at holds other entries than its owner wrote.",
        "Save the sheet as CSV UTF-8, and mend the place under the caret.",
        '# login.yaml\nlists:\n  office: {type: cidr, file: office.csv}\n# office.csv\nvalue,owner\n10.0.0.0/8,"ana',
    ),
    "E173": Page(
        "an entry lacks what its list requires",
        "A list that says `require` has an entry without an expiry, an owner or a reason.",
        "Exceptions that belong to nobody are never removed.",
        "Write what is missing; a list that requires something cannot be a text file, but a CSV.",
        "lists:\n  office: {type: cidr, require: [owner], entries: [10.0.0.0/8]}",
    ),
    "E174": Page(
        "an expiry that is no time",
        "`expires` is neither a time with its zone nor a day.",
        "A time without a zone is another moment in every office.",
        "Write 2027-01-31T00:00:00Z, or 2027-01-31 for the first moment of that day in UTC.",
        "lists:\n  vip: {entries: [{value: ana, expires: 31.01.2027}]}",
    ),
    "E180": Page(
        "a table without what it needs",
        "The heads of a decision table: one is missing, stands twice or tests a list; no column has a condition, or "
        "none says what to do.",
        "Each row is a rule: it needs a condition and an effect.",
        "Write the name of an input, or an expression, at the head of each column, and `action`, `at_least` or "
        "`at_most` at the head of the last.",
        "tables:\n  - {name: speed, columns: [failed, country], rows: [[3, NO]]}",
    ),
    "E181": Page(
        "a cell that cannot be read",
        "A cell of a decision table is not a value, `a, b`, a comparison `>= 3`, an interval `[0.4, 0.6)`, `lists.x`, "
        "`not …` or `-`, in the type of its column.",
        "A cell that is taken for a text never matches a number, and nobody is told.",
        "Write a value of the column's type, with a decimal point; put texts with a comma in quotes.",
        'tables:\n  - {name: speed, columns: [failed, action], rows: [[">= ten", block]]}',
    ),
    "W430": Page(
        "a range that begins in its middle",
        "The address before the slash is not the first of its range, as in 203.0.113.7/24.",
        "The range holds all of its addresses, not that one; one of the two was not meant.",
        "Leave out the slash for one address, or write the first address of the range: 203.0.113.0/24.",
        "lists:\n  office: {type: cidr, entries: [203.0.113.7/24]}",
    ),
    "W431": Page(
        "an entry stands twice",
        "Two entries of a list are equal.",
        "Who removes one of them, or lets it expire, finds that the other still counts.",
        "Keep one.",
        "lists:\n  eu: [NO, SE, NO]",
    ),
    "W432": Page(
        "a list's file without entries",
        "The file of a list holds no value.",
        "A block list that was emptied by mistake lets everybody in.",
        "Put the entries back; if it is meant to be empty, write `entries: []` in place of `file`.",
        "# login.yaml\nlists:\n  blocked: {file: blocked.txt}\n# blocked.txt\n\n",
    ),
}
