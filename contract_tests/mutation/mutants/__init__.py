"""Mutants: faulty servers with one fault each, which the conformance kit has to find.

There is a module for each class of faults, and more than one if a class has many. A mutant changes the second reference
server: it sets an attribute, replaces a method, or wraps the function that handles requests. The kit finds a mutant if
it reports at least one of the mutant's `facts`; a report of other facts does not count.
"""

from importlib import import_module

from .builders import CLASSES, MUTANTS, Mutant, Prepare

for _module in (*CLASSES, "values", "names", "refused", "caches", "visibility", "rare"):
    import_module(f"{__name__}.{_module}")

__all__ = ["CLASSES", "MUTANTS", "Mutant", "Prepare"]
