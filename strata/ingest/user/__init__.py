"""What a user brings beside the extracts: territories, residents, tariffs, nomenclatures, deaths, crosswalks."""
