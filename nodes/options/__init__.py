"""Lists that fill the editor's dropdowns."""
