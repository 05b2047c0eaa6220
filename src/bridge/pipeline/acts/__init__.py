"""What people do about deliveries, holds and links by hand."""
