"""What is allowed but doubtful: W400 to W499."""

from __future__ import annotations

from policy.catalog.page import Page

PAGES: dict[str, Page] = {
    "W401": Page(
        "no case runs the model",
        "Every case gives its own score, or there is none.",
        "`probability[1]` may silently be the probability of the other class: which class stands at 1 "
        "was settled by the label indexer when the model was trained.",
        "Add a case with the facts of a known record and without `score`.",
        "score:\n  model: models/login\ncases:\n  - {facts: {user: ana}, score: 0.1, expect: allow}",
    ),
    "W402": Page(
        "a band that no case covers",
        "No case expects the band or gives a score that lies in it.",
        "A band that moved by mistake would go unnoticed.",
        "Add a case with a `score` just above the band's lower edge.",
        "cases:\n  - {facts: {user: ana, risk: 0.1}, expect: allow}",
    ),
    "W404": Page(
        "`optional` has no effect",
        "An input has both `optional` and `default`.",
        "A fact with a default is never missing.",
        "Remove one of the two.",
        "inputs:\n  failed: {type: int, optional: true, default: 0}",
    ),
    "W405": Page(
        "cases without a policy",
        "A file of cases, such as login.cases.yaml, stands in the folder, but its policy, login.yaml, does not.",
        "Its cases are never run.",
        "Name the file after its policy, or remove it.",
        "# login.yaml\ndecision: login\n# logon.cases.yaml\ncases: []",
    ),
}
