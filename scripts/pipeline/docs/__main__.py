"""`python -m pipeline.docs`: build the site into build/docs."""

from __future__ import annotations

import sys

from pipeline.docs.site import build
from pipeline.errors import PipelineError
from pipeline.tree import ROOT, Tree


def main(tree: Tree | None = None) -> int:
    """Run the command. Return 0 if the site was built, 2 if not."""
    try:
        target = build(tree or Tree(ROOT))
    except (PipelineError, OSError) as error:
        print(f"docs: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    print(f"docs: {sum(1 for _ in target.rglob('*.html'))} pages in {target}; start at {target / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
