"""A model is read wherever it stands: by path or URI, and a password in one is not shown."""

from __future__ import annotations

from urllib.parse import quote

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


def test_a_uri_may_leave_characters_unescaped(original, tmp_path):
    """A URI of a local folder names it with or without escapes, as Hadoop's paths do, and with this host's name."""
    place = tmp_path / "my model ü %20#?"
    place.symlink_to(original)
    for form in (
        f"file://{place}",
        f"file:{place}",
        f"file://{quote(str(place))}",
        f"file://localhost{original}",
    ):
        assert scorer.load(form).version == scorer.load(original).version


@pytest.mark.parametrize("name", ["metadata", "stages", "stages/6_LogisticRegression_000000000001/data"])
def test_a_folder_inside_a_model_names_the_model(original, name):
    """Who goes one folder too far is told which folder is the model."""
    refused(original / name, f"the folder above it, {(original / name).parent}, is one")


def test_a_folder_around_a_model_names_the_model(original, tmp_path):
    """Who stops one folder short is told where the model is."""
    (tmp_path / "sparkml").symlink_to(original)
    refused(tmp_path, "in it, `sparkml` is one")


@pytest.mark.parametrize("name", ["model.zip", "model.tar.gz", "model.TGZ"])
def test_an_archive_is_to_be_unpacked(tmp_path, name):
    """A packed model is refused with the way out."""
    (tmp_path / name).write_bytes(b"PK")
    refused(tmp_path / name, "unpack it")
