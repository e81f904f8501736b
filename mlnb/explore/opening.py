"""From a question to opened data: what is asked for, which columns it names, what a stored answer would be called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from mlnb.core.errors import InvalidParameterError, NotFoundError

from .base import Base
from .records import ColumnNotFoundError, Profile
from .records_stored import ProfileRequest

if TYPE_CHECKING:
    import sqlalchemy as sa

    from mlnb.catalog.table import Table

    from .engine import Options
    from .look import Look
    from .reading.sources import Data


class Opening(Base):
    """Opens data for a question, and finds the stored answer to it."""

    def _open(self, data: Any, request: ProfileRequest, name: str | None = None) -> Data:
        """Open data and see that the columns that are named exist."""
        from .reading.sources import open_source

        if request.include_holdout is not None:
            self._check_before_looking(data, request)
        opened = open_source(
            data,
            self._catalog,
            self._scopes,
            root=self._ground.root,
            columns=request.chosen(),
            exclude=request.exclude,
            where=request.where,
            include_holdout=request.include_holdout,
        )
        if name is not None and opened.source.kind == "frame":
            opened.source.name = name
        _check_roles(opened.schema.names, request)
        return opened

    def _check_before_looking(self, data: Any, request: ProfileRequest) -> None:
        """Refuse what cannot be done before a look at held-out rows is counted."""
        table = self._named_table(data)
        if table is None:
            return
        names = table.schema.names
        for column in request.named():
            if column.split(".")[0] not in names and column not in names:
                raise ColumnNotFoundError.for_name(column, names)
        if request.where is not None:
            self._catalog.table(table.full_name, version=table.version, filtered=True).count(request.where)

    def _keep_rows(self, profile_id: str, data: Data) -> None:
        """Keep the rows for questions; held-out ones are not among them."""
        from .asking.rows import Rows

        rows = Rows(data.frame(), name=data.source.name, seconds=self.settings.drill_seconds)
        rows.rules = self._rules()
        self.grids.keep(rows, id=profile_id)

    def _mask_rows(self, profile_id: str, profile: Profile) -> None:
        """Let answers about the rows show no more of personal data than the profile does."""
        if self.grids.has(profile_id):
            hidden = {one.column_name: one.semantic or "personal" for one in profile.columns if one.masked}
            self.grids.rows(profile_id).masked = hidden

    def _rules(self) -> list[tuple[str, str]]:
        """Return what is held out now."""
        return [] if self._scopes is None else [(one.id, str(one.rule)) for one in self._scopes.holdouts.active()]

    def _look(self, data: Any, request: ProfileRequest, *, name: str | None = None) -> tuple[Data, Look]:
        """Open data and look at a sample of it."""
        from .engine import draw_look

        opened = self._open(data, request, name)
        return opened, draw_look(opened, self._options(request, ()))

    def _options(self, request: ProfileRequest, forbidden: Sequence[tuple[str, str]]) -> Options:
        from .engine import Options

        return Options(
            target=request.target,
            time_column=request.time_column,
            group=request.group,
            sample=self.settings.sample_rows if request.sample == "auto" else request.sample,
            scan=request.scan,
            precise=request.precise,
            learning_curve=request.learning_curve,
            forbidden=tuple(forbidden),
            scope=request.scope,
            max_columns=self.settings.max_columns,
            mask_personal=self.settings.mask_personal,
            threads=self.settings.threads,
        )

    def _with_card(self, request: ProfileRequest) -> tuple[ProfileRequest, list[tuple[str, str]]]:
        """Return the request with what its scope card says, and the columns that the card forbids."""
        if request.scope is None:
            return request, []
        if self._scopes is None:
            raise InvalidParameterError("There are no scope cards here.")
        scope = self._scopes.get(request.scope)
        card = scope.card
        if request.target is None and card.target is not None:
            request = request.model_copy(update={"target": card.target.column})
        reason = f"forbidden by the scope card {request.scope}"
        return request, [(column, reason) for column in card.data.forbidden]

    def _named_table(self, data: Any) -> Table | None:
        """Return the table that a name means, None for anything else."""
        if not isinstance(data, str) or self._catalog is None:
            return None
        from .naming import split_version

        plain, version = split_version(data)
        try:
            found = self._catalog.table(plain, version=version)
        except (NotFoundError, InvalidParameterError):
            return None
        return found if found.info.view_definition is None else None

    def _sha(self, table: Table | None, request: ProfileRequest, forbidden: Sequence[tuple[str, str]]) -> str:
        """Return what tells a profile's question apart: the same one of the same version has the same answer."""
        from .stored.store import options_sha

        # What is held out decides which rows are seen: a rule that is declared later makes another question.
        rules = self._catalog.hooks.predicates(table.full_name, "duckdb") if table is not None else []
        settings = self.settings.model_dump_json(
            include={"sample_rows", "pair_rows", "bins", "max_columns", "mask_personal"}
        )
        return options_sha(request, settings, *rules, *(column for column, _ in forbidden))

    def _known(
        self, table: Table | None, request: ProfileRequest, forbidden: Sequence[tuple[str, str]]
    ) -> Profile | None:
        """Return the stored answer to the same question; a look at held-out rows is never repeated from the store."""
        if table is None or not self.settings.store_profiles or request.include_holdout is not None:
            return None
        self._catalog.require("SELECT", "table", table.full_name)
        row = self._same(table, request, forbidden)
        if row is None:
            return None
        found = self.store.load(row)
        if found is None:  # its files are gone: it is made again
            self.store.drop(row.id)
        return cast("Profile | None", found)

    def _same(self, table: Table, request: ProfileRequest, forbidden: Sequence[tuple[str, str]]) -> sa.Row[Any] | None:
        sha = self._sha(table, request, forbidden)
        return self.store.same(table.full_name, table.version, sha, "SUCCEEDED")


def checked_request(**values: Any) -> ProfileRequest:
    """Return what is asked for.

    Raises
    ------
    InvalidParameterError
        For what cannot be meant.
    """
    from pydantic import ValidationError

    sample = values.get("sample")
    if isinstance(sample, int) and sample < 1:
        raise InvalidParameterError(f"A sample of {sample} rows is not possible.", hint="Give a positive number.")
    try:
        request = ProfileRequest(**values)
    except ValidationError as error:
        item = error.errors()[0]
        raise InvalidParameterError(f"{item['loc'][0]}: {item['msg']}.") from error
    if request.include_holdout is not None and not request.include_holdout.strip():
        raise InvalidParameterError(
            "A look at held-out rows needs a reason.", hint="Say what it is for; it is recorded."
        )
    return request


def _check_roles(names: Sequence[str], request: ProfileRequest) -> None:
    roles = (("target", request.target), ("time column", request.time_column), ("group column", request.group))
    for what, column in roles:
        if column is not None and column not in names:
            if column in request.exclude:
                raise InvalidParameterError(f"{column} is the {what} and excluded.", hint="Leave one of the two away.")
            raise ColumnNotFoundError.for_name(column, list(names), what)
