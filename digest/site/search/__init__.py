"""The search index of the site, made with Pagefind."""
