"""What is proved about rules, bands, lists and cases: E137, W403, W410 to W428."""

from __future__ import annotations

from policy.catalog.page import Page

PAGES: dict[str, Page] = {
    "E137": Page(
        "a floor and a ceiling that always contradict",
        "One rule asks for at least an action, another for at most a milder one, and their conditions are always"
        " true together.",
        "A floor wins over a ceiling, so that the ceiling could never be kept: one of the two is a mistake.",
        "Make one condition narrower, bring the two actions into order, or remove one of the rules.",
        "rules:\n"
        "  - {name: strict, when: failed > 3, at_least: block}\n"
        "  - {name: kind, when: 4 <= failed, at_most: challenge}",
    ),
    "W403": Page(
        "a rule that no case covers",
        "In none of the cases does the rule fire.",
        "A rule that someone breaks by mistake would go unnoticed; a preview rule is soon an enforced one.",
        "Add a case with facts that make its condition true.",
        "rules:\n"
        "  - {name: many, when: failed > 10, action: block}\n"
        "cases:\n"
        "  - {facts: {user: ana, risk: 0.1}, expect: allow}",
    ),
    "W410": Page(
        "an input that nothing reads",
        "Neither the model nor a condition reads the input, and `log` does not say that the log needs it.",
        "Callers must send it, and it goes into every record, for nothing; or a rule reads another one by mistake.",
        "Remove it, or say `log: clear` (or hash) if it is there for the log.",
        "inputs:\n"
        "  user: {type: string}\n"
        "  risk: {type: double}\n"
        "  failed: {type: int}\n"
        "rules:\n"
        "  - {name: many, when: failed > 10, action: block}",
    ),
    "W411": Page(
        "a list that no condition reads",
        "`lists` holds a list that stands in no condition.",
        "Entries that someone adds to it, perhaps in a hurry, have no effect.",
        "Read it in a condition, such as `ip in lists.bad_ips`, or remove it.",
        "lists:\n  bad_users: {type: string, entries: [eve]}",
    ),
    "W412": Page(
        "a definition that no condition reads",
        "`define` holds an expression that stands in no condition.",
        "Who changes it believes to have changed a rule.",
        "Read it in a condition by its name, or remove it.",
        "define:\n  risky: failed > 3",
    ),
    "W420": Page(
        "a condition that is never true",
        "It is proved that no facts, no score and no time make the condition true, given the types, `min`, `max`"
        " and `enum` of the inputs.",
        "A rule that never fires is a protection that is silently off.",
        "Look for `&&` that should be `||`, a turned comparison, or a number beyond what the input allows.",
        "rules:\n  - {name: many, when: failed > 10 && failed < 5, action: block}",
    ),
    "W421": Page(
        "a condition that is always true",
        "It is proved that the condition is true whatever the facts, the score and the time are.",
        "A rule that always fires makes those below it, or the bands, meaningless.",
        "Look for `||` that should be `&&`, or a turned comparison; write what the rule is really for.",
        "inputs:\n"
        "  risk: {type: double}\n"
        "  failed: {type: int, min: 0}\n"
        "rules:\n"
        "  - {name: any, when: failed >= 0, at_least: challenge}",
    ),
    "W422": Page(
        "a rule that can never fire",
        "It is proved that wherever the condition is true, a rule above decides first; a segment likewise.",
        "Rules with `action` are final, and the first one that matches wins: what stands below is silently off.",
        "Move the rule up, above the wider one that masks it, or remove it.",
        "rules:\n"
        "  - {name: some, when: failed > 3, action: challenge}\n"
        "  - {name: many, when: failed > 10, action: block}",
    ),
    "W423": Page(
        "a floor or ceiling without effect",
        "It is proved that wherever the rule fires, something else already asks for as much: another rule, or the band"
        " of the score.",
        "The rule looks like a protection, and is none.",
        "Make its condition wider or its action stricter, or remove it.",
        "rules:\n  - {name: sure, when: score >= 0.9, at_least: challenge}",
    ),
    "W424": Page(
        "a band that no score reaches",
        "It is proved that wherever the score lies in the band, a rule decides otherwise.",
        "The number beside the action suggests a threshold that is not in force.",
        "Remove the band, or make the rule's condition narrower.",
        "rules:\n  - {name: high, when: score >= 0.3, action: block}",
    ),
    "W425": Page(
        "a list entry that has expired",
        "The entry's `expires` lies before the time of the check: now, or that of `check --at`.",
        "It does not count any more, and only fills the list.",
        "Remove the entry, or give it a later `expires` if it is still wanted.",
        "lists:\n"
        "  bad_users:\n"
        "    type: string\n"
        '    entries: [{value: eve, expires: "2020-01-01T00:00:00Z"}]\n'
        "rules:\n"
        "  - {name: bad, when: user in lists.bad_users, action: block}",
    ),
    "W426": Page(
        "a table with a gap",
        "It is proved, by an example, that no row of the table matches everything that can come.",
        "There the table says nothing, and the rules and the score decide; that may be meant, or forgotten.",
        "Add a row for it, or a last row of `-`, which matches all that is left.",
        "tables:\n"
        "  - name: tries\n"
        "    columns: [failed, action]\n"
        "    rows:\n"
        '      - ["< 5", allow]\n'
        '      - ["> 5", block]',
    ),
    "W427": Page(
        "a row that can never match",
        "It is proved that rows above take everything that the row could match, or that a cell takes no value that"
        " its column can have.",
        "The first row that matches decides: what this row says never happens.",
        "Move the row above the wider one, mend its cells, or remove it.",
        "tables:\n"
        "  - name: tries\n"
        "    columns: [failed, action]\n"
        "    rows:\n"
        '      - ["< 5", allow]\n'
        '      - ["< 3", block]\n'
        '      - ["-", block]',
    ),
    "W428": Page(
        "rows that overlap",
        "Each of two rows matches something that the other matches too, and something that it does not, and their"
        " actions differ.",
        "Which of them decides hangs on their order alone, which an edit in a spreadsheet changes easily.",
        "Make their cells exclude each other, or put the exception above as a row that lies within the other.",
        "tables:\n"
        "  - name: tries\n"
        "    columns: [failed, country, action]\n"
        "    rows:\n"
        '      - ["< 5", "-", allow]\n'
        '      - ["-", "NO", block]\n'
        '      - ["-", "-", challenge]',
    ),
}
