"""The documentation's site: `./run docs` builds it into results/site; a broken link or reference is an error."""

import recgym

project = "RecGym"
author = copyright = "The RecGym authors"
version = release = recgym.__version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_copybutton"]
myst_enable_extensions = ["dollarmath", "colon_fence", "deflist"]
myst_heading_anchors = 3
napoleon_custom_sections = [("Columns", "params_style")]
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
add_module_names = False
nitpicky = False

html_theme = "furo"
html_title = "RecGym"
html_static_path = []
copybutton_prompt_text = ">>> "
