"""Other generators that make the same pages: templates in a folder each, content in their front matter."""
