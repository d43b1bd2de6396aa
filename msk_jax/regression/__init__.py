"""Linear regression from sums of products: moments per fold, elastic nets by the thousand, seeded search."""
