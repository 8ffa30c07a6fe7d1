"""What the programs in tools/ do, a module or a package each.

None imports another: what two share lies in ``csgresnet_mm.apis``.
"""
