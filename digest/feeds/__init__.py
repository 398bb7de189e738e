"""What the publishers say: fetching feeds, and reading them as entries of plain text."""

import sys

# httpx would load its own command line, and with it rich and pygments: nearly half of what it costs to import it.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
