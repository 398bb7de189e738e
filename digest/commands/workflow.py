"""The workflow that a new digest gets: a call of the one in Digest's repository, or all of its jobs.

Digest comes from a public repository on GitHub ──▶ its workflow is called, at the same commit
it comes from anywhere else                     ──▶ the jobs of that workflow, in the digest's own file
"""

from __future__ import annotations

from digest.commands.own_wheel import called_workflow
from digest.commands.requirement import FILE, Requirement

PLACE = ".github/workflows/publish.yml"
_JOBS = "defaults:\n"
"""The first line of what a digest's own workflow has of the called one."""


def text(starter: str, copy: Requirement, *, requirements: str = FILE) -> str:
    """Returns the workflow of a digest that installs this copy; `starter` has when it runs, and the call."""
    if copy.repository:
        call = f"{copy.repository}/.github/workflows/{called_workflow().name}@{copy.commit}"
        return starter.replace("@WORKFLOW@", call).replace(f" {FILE}\n", f" {requirements}\n")
    jobs = called_workflow().read_text(encoding="utf-8").partition(_JOBS)[2]
    jobs = jobs.replace("${{ inputs.requirements }}", requirements)
    return starter[: starter.index("jobs:\n")] + _JOBS + jobs
