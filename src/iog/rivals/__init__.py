"""Learned methods of others on one backbone, one file each, so that nothing but the method differs.

`RIVALS` names their recipes for `iog train`. Importing this package imports no PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping

RIVALS: Mapping[str, str] = {
    "clicks-lite": "iog.rivals.clicks_lite:ClicksLiteRecipe",
    "ifcn": "iog.rivals.ifcn:IFCNRecipe",
    "itis": "iog.rivals.itis:ITISRecipe",
    "brs": "iog.rivals.brs:BRSRecipe",
    "f-brs": "iog.rivals.f_brs:FBRSRecipe",
    "latent-diversity": "iog.rivals.latent_diversity:LatentDiversityRecipe",
    "fca-net": "iog.rivals.fca_net:FCANetRecipe",
    "ris-net": "iog.rivals.ris_net:RISNetRecipe",
    "curve-gcn": "iog.rivals.curve_training:CurveGCNRecipe",
    "fctsfn": "iog.rivals.fctsfn:FCTSFNRecipe",
    "iog-light": "iog.rivals.iog_light:IOGLightRecipe",
    "iog-light-coarse": "iog.rivals.iog_light:IOGLightCoarseRecipe",
    "iog-light-extreme": "iog.rivals.iog_light:IOGLightExtremeRecipe",
    "iog-light-extreme-coarse": "iog.rivals.iog_light:IOGLightExtremeCoarseRecipe",
    "iog-light-refinement": "iog.rivals.iog_light:IOGLightRefinementRecipe",
}
"""Where the recipe of each is."""
