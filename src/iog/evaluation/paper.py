"""The paper's figures, as plain data.

Source: the tables on the authors' slides of "Interactive Object Segmentation with Inside-Outside Guidance"
(CVPR 2020), in their words. Cells are text because some are: "> 20", "93.2*", "-". Nothing that the slides
do not say is here; of the comparison of IOG with extreme clicks they show a chart without figures.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaperTable:
    """One table: the columns that say what a row is come first, then those with figures."""

    caption: str
    columns: tuple[str, ...]
    labels: int
    """How many of the columns say what a row is."""
    rows: tuple[tuple[str, ...], ...]


TABLES: dict[str, PaperTable] = {
    "table1": PaperTable(
        "Table 1. Comparison with the state-of-the-art methods on PASCAL and GrabCut in terms of the number "
        "of clicks to reach a certain IoU and in terms of quality at 4 clicks. "
        "* denotes the IoU of IOG given only 3 clicks.",
        (
            "Methods",
            "Clicks PASCAL@85%",
            "Clicks GrabCut@90%",
            "IoU @ 4 clicks PASCAL",
            "IoU @ 4 clicks GrabCut",
        ),
        1,
        (
            ("Graph cut", "> 20", "> 20", "41.1", "59.3"),
            ("Random walker", "16.1", "15", "55.1", "56.9"),
            ("Geodesic matting", "> 20", "> 20", "45.9", "55.6"),
            ("iFCN", "8.7", "7.5", "75.2", "84.0"),
            ("RIS-Net", "5.7", "6", "80.7", "85.0"),
            ("DEXTR", "4", "4", "91.5", "94.4"),
            ("Li et al.", "-", "4.79", "-", "-"),
            ("ITIS", "3.4", "5.7", "-", "-"),
            ("FCTSFN", "4.58", "3.76", "-", "-"),
            ("IOG-ResNet101 (3)", "3", "3", "93.2*", "96.3*"),
            ("IOG-ResNet101 (4)", "4", "4", "94.4", "96.9"),
        ),
    ),
    "table2": PaperTable(
        "Table 2. Comparison in terms of generalization ability between the state-of-the-art DEXTR and IOG.",
        ("Train", "Test", "DEXTR", "IOG"),
        2,
        (
            ("PASCAL", "COCO MVal (seen)", "79.9", "81.7"),
            ("PASCAL", "COCO MVal (unseen)", "80.3", "82.1"),
            ("PASCAL", "COCO MVal", "80.1", "81.9"),
            ("COCO", "COCO MVal", "82.1", "85.2"),
            ("COCO", "PASCAL", "87.8", "91.6"),
            ("PASCAL", "PASCAL", "89.8", "93.2"),
        ),
    ),
    "table4": PaperTable(
        "Table 4. Cross domain analysis on Cityscapes. Finetune: on a small set of Cityscapes (10 %).",
        ("Methods", "Train", "Finetune", "Backbone", "#Clicks", "IoU"),
        5,
        (
            ("Curve-GCN", "Cityscapes", "N.A.", "ResNet-50", "2", "76.3"),
            ("Curve-GCN", "Cityscapes", "N.A.", "ResNet-50", "2.4", "77.6"),
            ("Curve-GCN", "Cityscapes", "N.A.", "ResNet-50", "3.6", "80.2"),
            ("DEXTR", "Cityscapes", "N.A.", "ResNet-101", "4", "79.4"),
            ("IOG", "PASCAL", "no", "ResNet-50", "3", "77.9"),
            ("IOG", "PASCAL", "yes", "ResNet-50", "3", "82.2"),
            ("IOG", "PASCAL", "yes", "ResNet-101", "3", "82.7"),
            ("IOG", "COCO", "yes", "ResNet-101", "3", "83.8"),
        ),
    ),
    "table5": PaperTable(
        "Table 5. Cross domain analysis on Rooftop.",
        ("Methods", "Train", "Finetune", "Backbone", "#Clicks", "IoU"),
        5,
        (
            ("Curve-GCN", "CityScapes", "no", "ResNet-50", "2", "68.3"),
            ("Curve-GCN", "CityScapes", "yes", "ResNet-50", "2", "78.2"),
            ("IOG", "PASCAL", "no", "ResNet-50", "3", "90.7"),
            ("IOG", "PASCAL", "yes", "ResNet-50", "3", "92.8"),
            ("IOG", "PASCAL", "yes", "ResNet-101", "3", "93.6"),
            ("IOG", "COCO", "yes", "ResNet-101", "3", "94"),
        ),
    ),
    "table6": PaperTable(
        "Table 6. Cross domain analysis on ssTEM. It has no training split, so nothing is fine-tuned.",
        ("Methods", "Train", "Finetune", "Backbone", "#Clicks", "IoU"),
        5,
        (
            ("Curve-GCN", "CityScapes", "no", "ResNet-50", "2", "60.9"),
            ("IOG", "PASCAL", "no", "ResNet-50", "3", "81.4"),
            ("IOG", "PASCAL", "no", "ResNet-101", "3", "83.7"),
        ),
    ),
    "table8": PaperTable(
        "Table 8. Extension to datasets with box annotations only. On PASCAL val using box annotations only.",
        ("Method", "Backbone", "Train", "IoU"),
        3,
        (
            ("(A) Crop", "ResNet-50", "PASCAL-1k", "87.5"),
            ("(B) Geo", "ResNet-50", "PASCAL-1k", "89.5"),
            ("(C) Sim", "ResNet-50", "PASCAL-1k", "86.1"),
            ("(D) Outside only", "ResNet-50", "PASCAL-1k", "89.5"),
            ("(D) Outside only", "ResNet-101", "PASCAL-10k", "90.9"),
            ("(E) 2-stage", "ResNet-101", "PASCAL-10k", "91.1"),
        ),
    ),
    "guidance": PaperTable(
        "IOG against extreme clicks, with and without the coarse-to-fine network. The slides show a chart "
        "without figures: IOG is better with either backbone, and coarse to fine is better still.",
        ("Guidance", "Network", "Backbone", "IoU"),
        3,
        tuple(
            (guidance, network, backbone, "-")
            for backbone in ("ResNet-50", "ResNet-101")
            for network in ("coarse", "coarse to fine")
            for guidance in ("extreme points", "inside-outside")
        ),
    ),
}
