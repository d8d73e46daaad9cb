"""A model is read wherever it stands: by path or URI, and a password in one is not shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from locations import RUN, refused

import scorer
from scorer.location import without_secrets


@pytest.mark.parametrize("form", ["{}", "{}/", "file://{}", "file://{}/", "file:{}", "FILE://{}"])
def test_a_local_folder_has_several_names(original, form):
    """A path, with or without a slash, and a URI of the scheme `file`, Hadoop's short one too, name one model."""
    named = scorer.load(form.format(original))
    assert named.version == scorer.load(original).version
    assert named.source == form.format(original)


def test_a_linked_folder_is_a_model(original, tmp_path):
    """A link to a model may be given, as a path and as a URI: only links inside a model may not leave it."""
    (tmp_path / "link").symlink_to(original)
    for form in (tmp_path / "link", f"file://{tmp_path}/link"):
        assert scorer.load(form).version == scorer.load(original).version


@pytest.mark.parametrize(
    ("uri", "command"),
    [
        ("models:/login/3", "mlflow artifacts download --artifact-uri models:/login/3"),
        ("models:/login@champion", "mlflow artifacts download"),
        (f"runs:/{RUN}/model", f"mlflow artifacts download --artifact-uri runs:/{RUN}/model"),
        ("dbfs:/models/login", "databricks fs cp --recursive dbfs:/models/login"),
        ("DBFS:/models/my login", "databricks fs cp --recursive 'DBFS:/models/my login'"),
        ("https://example.org/model.json", "curl"),
    ],
)
def test_what_another_program_resolves_is_refused_with_its_command(uri, command):
    """A name that MLflow or Databricks resolves is refused, and the message says which command fetches it."""
    refused(uri, uri, command)


@given(user=st.text("abcdef", min_size=1), password=st.text("xyz0/+é", min_size=1))
def test_a_password_in_a_uri_is_not_shown(user, password):
    """What stands as a password in a URI never comes back in a message or as the model's source."""
    hidden = without_secrets(f"s3://{user}:{password.replace('/', '%2F')}@bucket/model")
    assert hidden == f"s3://{user}:…@bucket/model"


def test_a_refused_uri_keeps_its_password():
    """The message of a store that cannot be opened names the store and not the password."""
    assert "topsecret" not in refused("nope://me:topsecret@bucket/model", "nope://me:…@bucket/model")
