"""Our configs among MMPretrain's models, by name.

Importing this module registers them: ``list_models('csgresnet*')``,
``get_model('csgresnet18_rafdb')`` and the inferencers know them then.
"""

from mmpretrain.apis import ModelHub

from csgresnet_mm.shipped import shipped_folder

FIRST = 'csgresnet18_rafdb'
"""The name by which it is seen that they are there already."""


def register_model_index() -> None:
    """Add ``model-index.yml``; again changes nothing.

    Raises:
        ValueError: One of our names is another model's in MMPretrain.
    """
    if not ModelHub.has(FIRST):
        folder = shipped_folder()
        ModelHub.register_model_index(
            folder / 'model-index.yml', config_prefix=folder
        )


register_model_index()
