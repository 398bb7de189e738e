"""An edition as a mail: its HTML with the styles in its tags, and its text."""
