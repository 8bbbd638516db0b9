"""E-mail: taking mails in whole, reading them under limits, knowing who writes, sending answers."""
