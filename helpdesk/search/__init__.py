"""One search over everything that has words: what is indexed, how it is asked, how it ranks."""
