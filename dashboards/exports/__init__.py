"""The page objects as files people edit: a workbook, slides, a document. Each holds what the page shows and nothing else."""
