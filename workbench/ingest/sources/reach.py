"""Which files of this machine a caller may name: the one place that decides it."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from stat import S_ISLNK
from typing import Literal

from workbench.core.errors import Forbidden, UnreadableFile

__all__ = ["MACHINE", "ForeignLink", "Reach"]


class ForeignLink(Forbidden):
    """A link in a folder that leads to what is not its maker's."""


@dataclass(frozen=True)
class Reach:
    """How far a caller reaches.

    ``root`` None is a person whose process this is (Python, a kernel, the command line): whatever the operating system lets them read.
    Else it is someone who calls from afar, and the process reads files that they may not: then only what lies below the
    workspace's folder may be named, and nothing in it whose name begins with a dot, for there lie keys, databases and secrets.

    ``below`` is a folder into which others put files: a link there that somebody else has made leads to that one's own files and to
    what lies in the folder, and nowhere else. Who may put a link there would otherwise read with the rights of this process.
    """

    root: Path | None = None
    below: Path | None = None

    @property
    def word(self) -> Literal["machine", "workspace"]:
        """How it is written down with a job or a watch."""
        return "machine" if self.root is None else "workspace"

    @classmethod
    def named(cls, word: str, root: Path) -> Reach:
        """The inverse of :attr:`word`; an unknown one reaches least."""
        return MACHINE if word == "machine" else cls(root)

    def absolute(self, path: str | Path) -> Path:
        """A path that stays what it is in another process: relative ones count from the workspace's folder for who calls from
        afar, else from where this process stands.

        Raises
        ------
        UnreadableFile
            It begins with the folder of somebody who is not known (``~bob/``).
        """
        try:
            given = Path(path).expanduser() if self.root is None else Path(path)
        except RuntimeError as error:
            raise UnreadableFile(f"{path} begins with somebody whom this machine does not know.", fix="Write the folder out.") from error
        return (self.root or Path.cwd()) / given

    def into(self, folder: Path) -> Reach:
        """The same, for files that others put into a folder."""
        return replace(self, below=folder)

    def enters(self, folder: Path) -> bool:
        """Whether what lies in a folder may be listed; elsewhere a pattern finds nothing, so that it tells nobody what is there."""
        if self.root is None:
            return True
        try:
            self.check(folder)
        except (Forbidden, UnreadableFile):
            return False
        return True

    def check(self, path: Path, shown: str | None = None) -> Path:
        """The path with links followed, where it may be named. It need not be there.

        Raises
        ------
        Forbidden
            It may not. Nothing tells whether it is there.
        UnreadableFile
            Its links lead round in a circle.
        """
        try:
            real = path.resolve()
        except (OSError, RuntimeError) as error:
            raise UnreadableFile(f"{shown or path} cannot be reached.", fix="Check the folders and links that lead to it.") from error
        if self.below is not None:
            _check_links(path, real, self.below, shown)
        if self.root is None:
            return real
        root = self.root.resolve()
        below = real.relative_to(root).parts if real.is_relative_to(root) else (".",)
        if any(part.startswith(".") for part in below):
            raise Forbidden(
                f"{shown or path} lies outside of what may be taken in from here.",
                fix="Upload the file, or move it into the workspace's folder (names that begin with a dot are out of reach).",
            )
        return real


def _check_links(path: Path, real: Path, folder: Path, shown: str | None) -> None:
    """Raises
    ------
    ForeignLink
        A link below the folder is neither this process's user's nor the administrator's, and leads out of it to what is not its maker's.
    """
    if not path.is_relative_to(folder) or not hasattr(os, "geteuid") or real.is_relative_to(folder.resolve()):
        return
    trusted, place = {0, os.geteuid()}, folder
    for part in path.relative_to(folder).parts:
        place /= part
        try:
            facts = place.lstat()
            foreign = S_ISLNK(facts.st_mode) and facts.st_uid not in trusted and facts.st_uid != real.stat().st_uid
        except OSError:
            return  # it is gone, or cannot be reached: who opens it tells
        if foreign:
            raise ForeignLink(
                f"{shown or path} is a link that somebody else has put there, to what is not theirs.",
                fix="Have the file itself put there, or make the link yourself.",
            )


#: All that the operating system lets this process read.
MACHINE = Reach()
