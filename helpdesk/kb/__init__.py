"""Knowledge: articles in sections, in several languages, for whoever may read them."""
