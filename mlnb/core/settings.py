"""Settings of a workspace: defaults, then ``mlnb.toml``, then ``MLNB_*``.

``MLNB_SERVER__THREADS=4`` sets ``threads`` in the section ``[server]``. The sections belong to the packages that use them: each asks
for its own with :meth:`Settings.section`, so ground needs to know none of their fields.
"""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from .caller import default_principal
from .errors import FieldViolation, InvalidParameterError, did_you_mean

FILE_NAME = "mlnb.toml"
SectionT = TypeVar("SectionT", bound=BaseModel)


class SettingsError(InvalidParameterError):
    """``mlnb.toml`` or an ``MLNB_*`` variable cannot be used."""

    code = "INVALID_SETTINGS"


class Settings(BaseSettings):
    """The workspace's own settings; see the table in the configuration page for their meaning.

    Attributes
    ----------
    metastore_url
        SQLAlchemy URL of the metastore; empty = SQLite inside the workspace folder.
    storage_root
        Where tables live; empty = ``lake`` inside the workspace folder.
    tracking_uri, artifact_root
        MLflow's store and artifacts; empty = inside the workspace folder. A tracking server (``http://…``) says itself where artifacts are.
    online_store_url
        Online features; empty = SQLite inside the workspace folder.
    user
        The principal of calls that no Jupyter identity explains.
    authorization
        ``owner``: the workspace's user may do everything. ``enforce``: privileges decide for everybody but owners.
    """

    model_config = SettingsConfigDict(
        env_prefix="MLNB_", env_nested_delimiter="__", extra="allow", protected_namespaces=()
    )

    metastore_url: str = ""
    storage_root: str = ""
    tracking_uri: str = ""
    artifact_root: str = ""
    online_store_url: str = ""
    user: str = ""
    authorization: Literal["owner", "enforce"] = "owner"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put ``mlnb.toml`` below the environment; its path is the class's ``toml_file`` (see :func:`load_settings`)."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)

    def section(self, name: str, model: type[SectionT]) -> SectionT:
        """Return the section ``[name]`` as ``model``, the environment winning over the file.

        Raises
        ------
        SettingsError
            Naming the field that cannot be used.
        """
        values: dict[str, Any] = dict((self.model_extra or {}).get(name) or {})
        prefix = f"MLNB_{name}__".upper()
        for variable, text in os.environ.items():
            if variable.upper().startswith(prefix):
                values[variable[len(prefix) :].lower()] = text
        try:
            return model.model_validate(values)
        except ValidationError as error:
            raise _settings_error(error, where=f"[{name}]", known=model.model_fields) from error


def load_settings(folder: Path) -> Settings:
    """Read the settings of the workspace in ``folder`` and fill the empty ones with the embedded defaults.

    Raises
    ------
    SettingsError
        When the file is not TOML or a value does not fit; nothing has been opened or created by then.
    """
    path = folder / FILE_NAME
    try:
        settings = _with_file(path)()
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{path} is not valid TOML: {error}.",
            hint="Mend the line named, or move the file away to start with the defaults.",
        ) from error
    except (UnicodeDecodeError, OSError) as error:
        raise SettingsError(
            f"{path} cannot be read: {error}.", hint="Check that it is a text file you may read."
        ) from error
    except ValidationError as error:
        raise _settings_error(error, where=str(path), known=Settings.model_fields) from error
    return settings.model_copy(update=_defaults(settings, folder))


def _with_file(path: Path) -> type[Settings]:
    class FileSettings(Settings):
        model_config = SettingsConfigDict(toml_file=path)

    return FileSettings


def _defaults(settings: Settings, folder: Path) -> dict[str, str]:
    embedded = {
        "metastore_url": f"sqlite:///{folder / 'metastore.db'}",
        "storage_root": str(folder / "lake"),
        "tracking_uri": f"sqlite:///{folder / 'mlflow.db'}",
        "artifact_root": str(folder / "artifacts"),
        "online_store_url": f"sqlite:///{folder / 'online.db'}",
        "user": default_principal(),
    }
    if settings.tracking_uri.startswith(("http://", "https://")):
        del embedded["artifact_root"]  # such a server knows where its artifacts are
    return {name: value for name, value in embedded.items() if not getattr(settings, name)}


def _settings_error(error: ValidationError, *, where: str, known: Any) -> SettingsError:
    fields = [FieldViolation(".".join(str(part) for part in item["loc"]), item["msg"]) for item in error.errors()]
    text = "; ".join(f"{field.field}: {field.description}" for field in fields)
    hint = did_you_mean(fields[0].field, known) if fields else None
    return SettingsError(
        f"Settings in {where} cannot be used: {text}.",
        hint=hint or "Correct the value or remove the line.",
        fields=fields,
    )
