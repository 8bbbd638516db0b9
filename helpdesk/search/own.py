"""What a customer's own documents know of words, counted from nothing but those documents.

So neither a suggestion nor an order of results can tell one customer anything of another's texts.
Pure. For the few hundred documents that one customer has.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from helpdesk.search import words
from helpdesk.search.ranking import Corpus
from helpdesk.search.vocabulary import Known


class OwnWords:
    def __init__(self, texts: Sequence[tuple[str, str]]) -> None:
        self._words: Counter[tuple[str, str]] = Counter()
        title_words = body_words = 0
        for title, body in texts:
            indexed = words.index(title, body)
            title_words += len(indexed.title)
            body_words += len(indexed.body)
            self._words.update(indexed.vocabulary)
        self.corpus = Corpus(len(texts), title_words, body_words)

    def documents_with(self, terms: Sequence[str]) -> dict[str, int]:
        wanted = set(terms)
        counts: Counter[str] = Counter()
        for (_, term), documents in self._words.items():
            if term in wanted:
                counts[term] += documents
        return dict(counts)

    def known(self, spelt: Sequence[str]) -> list[Known]:
        wanted = set(spelt)
        return self._those(lambda word: word in wanted)

    def begun(self, start: str, most: int) -> list[Known]:
        return self._those(lambda word: word.startswith(start))[:most]

    def _those(self, fits: Callable[[str], bool]) -> list[Known]:
        found = [Known(w, term, n) for (w, term), n in self._words.items() if fits(w)]
        return sorted(found, key=lambda one: (-one.documents, one.word))
