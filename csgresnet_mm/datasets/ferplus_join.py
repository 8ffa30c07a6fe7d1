"""Joins FER+'s votes with the images they are of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from .errors import DatasetError
from .fer_block import Images
from .fer_csv import Table
from .fer_line import SPLITS
from .fer_rows import CSV_NAMES, find_csv, need_columns, tell_rows
from .ferplus_rules import argmax_label
from .ferplus_votes import (
    FOLDERS,
    LABEL_CSV,
    NEW_VOTES,
    VoteFile,
    VoteRow,
    last_by_name,
    note_sums,
    read_label_csv,
    read_new_votes,
)
from .reading.files import FolderIndex, describe, locate, unpack_hint
from .reading.report import ReadReport


class Joined(NamedTuple):
    """Votes, and the path of their image; its row, if it is in a CSV."""

    votes: VoteRow
    path: str
    row: int | None = None


class VoteJoin:
    """Finds votes and images of some splits.

    Args:
        home: The folder that was recognised.
        root: The folder the user gave.
        source: 'fer2013new' or 'label_csv'.
        splits: Some of train, val and test.
        files: Reads folders and files.
        problems: Takes malformed entries.

    Attributes:
        sources: Files of votes that were read.
        own_votes: Whether a label.csv has votes of its own.
        spare: Rows that were left out since a later one has their name.
    """

    def __init__(
        self,
        home: Path,
        root: Path,
        source: str,
        splits: Sequence[str],
        files: FolderIndex,
        problems: ReadReport,
    ) -> None:
        self.home = home
        self.root = root
        self.source = source
        self.splits = splits
        self.files = files
        self.problems = problems
        self.sources: list[Path] = []
        self.own_votes = True
        self.spare = 0

    # ---- votes -------------------------------------------------------

    def _read_new(self) -> VoteFile:
        places = [self.home]
        if self.home != self.root:
            places.append(self.home.parent)
        for place in places:
            path = place / NEW_VOTES
            if path.is_file():
                found = read_new_votes(
                    path, self.files.text(path), self.problems
                )
                note_sums(found, self.problems)
                return found
        raise DatasetError(
            f"{self.home}: no {NEW_VOTES}, which label_source='fer2013new' "
            f'reads; {places[-1]} holds {describe(places[-1])}; use '
            f"label_source='label_csv' or put it there" + unpack_hint(*places)
        )

    def _read_labels(self, folder: Path, split: str) -> VoteFile:
        path = folder / FOLDERS[split] / LABEL_CSV
        found = read_label_csv(
            path, self.files.text(path), split, self.problems
        )
        note_sums(found, self.problems)
        self.sources.append(path)
        if not found.boxed:
            self.own_votes = False
            self.problems.warn(
                f"{path}: has no boxes, so the authors' script wrote it from "
                f"{NEW_VOTES}, and its votes are that file's: not those of "
                'the label.csv that most published results use'
            )
        return found

    # ---- images in a CSV ---------------------------------------------

    def join_csv(
        self,
        image_csv: Path | None,
        open_csv: Callable[[Path], tuple[Table, Images]],
    ) -> list[Joined]:
        """Votes with rows of FER2013's CSV, joined by the row's number.

        The number in an image's name is not the row's.

        Raises:
            DatasetError: A file is missing, or they are not of the same
                rows.
        """
        new = self._read_new()
        path = image_csv or self._find_images()
        need_columns(path, 'usage', 'pixels')
        table, _ = open_csv(path)
        if new.total != len(table.lines):
            raise DatasetError(
                f'{new.path}: {new.total} rows, but {path} has '
                f'{len(table.lines)}; they are joined by the number of the '
                'row, so one line of votes for each image is expected'
            )
        tell_rows(path, table, self.splits, self.problems)
        rows = new.rows
        if self.source == 'fer2013new':
            self.sources.append(new.path)
        else:
            rows = self._label_rows(new)
        return [
            Joined(row, f'{path}#{row.row}', row.row)
            for row in rows
            if row.split in self.splits
            and table.labels[row.row] >= 0
            and self._same_usage(row, table, path)
        ]

    def _find_images(self) -> Path:
        folder = locate(
            self.root,
            lambda place: find_csv(place) is not None,
            'FER2013, whose images FER+ takes',
        )
        path = None if folder is None else find_csv(folder)
        if path is not None:
            return path
        raise DatasetError(
            f'{self.root}: holds {NEW_VOTES} but no images; put '
            f'{" or ".join(CSV_NAMES)} beside it, or name one as image_csv='
            + unpack_hint(*{self.root, self.home})
        )

    def _label_rows(self, new: VoteFile) -> list[VoteRow]:
        """Rows of label.csv, with the numbers that their names have."""
        folder = locate(
            self.root,
            lambda place: any(
                (place / name / LABEL_CSV).is_file()
                for name in FOLDERS.values()
            ),
            f"FER+'s {LABEL_CSV}",
        )
        if folder is None:
            raise DatasetError(
                f'{self.root}: no {FOLDERS["train"]}/{LABEL_CSV}, which '
                "label_source='label_csv' reads"
                + unpack_hint(*{self.root, self.home})
            )
        known = last_by_name(new.rows)
        rows = []
        for split in self.splits:
            labels = self._read_labels(folder, split)
            for row in self._unique(labels):
                named = known.get((split, row.name))
                if named is None:
                    self.problems.add(
                        'unknown name',
                        f'{labels.path}, line {row.line}: {row.name!r} is '
                        f'not in {new.path} for this split',
                    )
                    continue
                rows.append(row._replace(row=named.row))
        return rows

    def _same_usage(self, row: VoteRow, table: Table, path: Path) -> bool:
        usage = int(table.usages[row.row])
        if usage < 0 or SPLITS[usage] == row.split:
            return True
        self.problems.add(
            'usage differs',
            f'{path}, line {table.lines[row.row]}: row {row.row} is of '
            f'{SPLITS[usage]!r}, its votes are of {row.split!r}: the two '
            'files are not in the same order',
        )
        return False

    # ---- images in folders -------------------------------------------

    def join_png(self) -> list[Joined]:
        """Votes with the images that the authors' script wrote.

        Raises:
            DatasetError: A file of votes is missing.
        """
        if self.source == 'fer2013new':
            new = self._read_new()
            self.sources.append(new.path)
            files = dict.fromkeys(self.splits, new)
        else:
            files = {
                split: self._read_labels(self.home, split)
                for split in self.splits
            }
        joined = []
        for split, votes in files.items():
            own = votes._replace(
                rows=[row for row in votes.rows if row.split == split]
            )
            joined += self._join_folder(self.home / FOLDERS[split], own)
        return joined

    def _join_folder(self, folder: Path, votes: VoteFile) -> list[Joined]:
        sizes = self.files.images(str(folder))
        joined = []
        for row in self._unique(votes):
            size = sizes.get(row.name)
            if not size:
                cause = 'missing image' if size is None else 'empty image'
                found = 'is missing' if size is None else 'is empty (0 bytes)'
                self.problems.add(
                    cause,
                    f'{votes.path}, line {row.line}: image '
                    f'{folder}/{row.name} {found}',
                )
                continue
            joined.append(Joined(row, f'{folder}/{row.name}'))
        extra = sorted(set(sizes) - {row.name for row in votes.rows})
        if extra:
            self.problems.warn(
                f'{votes.path}: does not list {len(extra)} images of '
                f'{folder} (first: {extra[0]})'
            )
        return joined

    def _unique(self, votes: VoteFile) -> list[VoteRow]:
        """Rows whose image has their name.

        In fer2013new.csv some names occur twice: the file has the later
        image. A label.csv with votes of its own has each name once.
        """
        last = last_by_name(votes.rows)
        unique = []
        refused = set()
        for row in votes.rows:
            kept = last.get((row.split, row.name))
            if kept is row:
                unique.append(row)
            elif kept is None:
                self._without_name(row, votes)
            elif votes.boxed:
                refused |= {row.name} if kept.votes != row.votes else set()
                self.problems.add(
                    'duplicate entry',
                    f'{votes.path}, line {row.line}: {row.name!r} is again '
                    f'in line {kept.line}',
                )
            else:
                self.spare += 1
                self.problems.note(
                    f'{votes.path}, line {row.line}: left out, since line '
                    f'{kept.line} has the name {row.name!r} and the image '
                    'again'
                )
        return [row for row in unique if row.name not in refused]

    def _without_name(self, row: VoteRow, votes: VoteFile) -> None:
        """Rows without a name hold no face; another one is a problem."""
        if argmax_label(row.votes) is not None:
            self.problems.add(
                'missing name',
                f'{votes.path}, line {row.line}: no image name, though the '
                f'votes {row.votes} are for a face',
            )
