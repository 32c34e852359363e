"""What a hospital keeps beside its transmissions: TRA, VID-HOSP, grouped RSS, and the keyed hash that stands for a person."""
