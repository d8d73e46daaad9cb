"""The plain Flask application and the Blueprint."""

from __future__ import annotations

import json
import os

import pytest
from flask import Flask, abort

import policy
from policy.log import read
from policy.web import blueprint, create_app


def test_create_app(configs, facts, tmp_path):
    """`policy.web.create_app` gives a Flask application that decides and records."""
    app = policy.web.create_app(configs, log_dir=tmp_path)
    answer = app.test_client().post("/v1/decisions/login", json=facts)
    assert (answer.status_code, answer.json["action"]) == (200, "challenge")
    assert [record.decision_id for record in read(tmp_path, pytest.fail)] == [answer.json["decision_id"]]


def test_applications_count_together(configs, facts, tmp_path):
    """Applications that share a folder of counts each tell what all have decided."""
    clients = [create_app(configs, counts_dir=tmp_path).test_client() for _ in range(2)]
    for client in (*clients, clients[0]):
        client.post("/v1/decisions/login", json=facts)
    expected = b'scoregate_decisions_total{action="challenge",policy="login"} 3.0'
    assert all(expected in client.get("/metrics").data for client in clients)


def test_hooks_run(configs, facts):
    """Hooks that one adds to the application run around decisions too."""
    app = create_app(configs)
    seen = []
    app.before_request(lambda: seen.append("before"))
    app.after_request(lambda response: (response.headers.set("X-Mine", "1"), response)[1])
    answer = app.test_client().post("/v1/decisions/login", json=facts)
    assert (seen, answer.headers["X-Mine"]) == (["before"], "1")


def test_hook_may_refuse(configs, facts):
    """A hook's own error stays its own."""
    app = create_app(configs)
    app.before_request(lambda: abort(404, "mine"))
    assert b"mine" in app.test_client().post("/v1/decisions/login", json=facts).data


def test_blueprint_under_prefix(service, facts):
    """The Blueprint serves under a prefix, and leaves the application's other addresses alone."""
    app = Flask("mine")
    app.register_blueprint(blueprint(service), url_prefix="/risk")
    app.add_url_rule("/", view_func=lambda: "home")
    client = app.test_client()
    assert client.post("/risk/v1/decisions/login", json=facts).json["action"] == "challenge"
    assert client.get("/risk/v1/decisions/login").status_code == 405
    assert client.get("/risk/readyz").json["status"] == "ready"
    assert client.get("/").data == b"home"
    assert "html" in client.get("/nowhere").content_type


def test_blueprint_of_a_folder(configs, facts):
    """A Blueprint may be made of a folder of policies, as an application is."""
    app = Flask("mine")
    app.register_blueprint(blueprint(configs))
    assert app.test_client().post("/v1/decisions/login", json=facts).json["action"] == "challenge"


def test_policy_that_does_not_load(tmp_path):
    """A policy that does not load is a PolicyError with its diagnostics."""
    (tmp_path / "bad.yaml").write_text("decision: 1\n")
    with pytest.raises(policy.PolicyError) as caught:
        create_app(tmp_path)
    assert caught.value.diagnostics


def test_case_that_fails(configs, tmp_path):
    """A policy whose own case fails is not served."""
    text = (configs / "login.yaml").read_text().replace("expect: allow", "expect: block")
    (tmp_path / "login.yaml").write_text(text)
    with pytest.raises(policy.PolicyError, match="E151"):
        create_app(tmp_path / "login.yaml")


def test_one_file(configs, facts):
    """One policy file can be served."""
    client = create_app(configs / "login.yaml").test_client()
    assert (
        client.post(
            "/v1/decisions/login", data=json.dumps(facts), content_type="application/json"
        ).status_code
        == 200
    )
    assert client.post("/v1/decisions/lenient", json=facts).status_code == 404


def test_log_sync_each_waits_for_the_disk(configs, facts, tmp_path, monkeypatch):
    """With log_sync="each" every decision is synced to the disk before its answer; by default none is."""
    synced = []
    sync = os.fdatasync
    monkeypatch.setattr(os, "fdatasync", lambda file: (synced.append(file), sync(file)))
    for how, times in (("none", 0), ("each", 2)):
        app = policy.web.create_app(configs, log_dir=tmp_path / how, log_sync=how)
        for _ in range(2):
            assert app.test_client().post("/v1/decisions/login", json=facts).status_code == 200
        assert len(synced) == times
