"""All sources against all destinations at one port: the slice path.

The semantics are the point path's (`reachsim.simulate`), computed for whole rows of destinations at once. What lies
between two interfaces is walked by the point path's own steps, once per kind of place and without filters
(`reachsim.slices.ways`); filters are bit rows over addresses (`acls`, `groups`), and a row of the matrix is a handful
of gathers and ANDs (`rows`). What is not modelled this way, such as middleboxes and load balancers, is asked of the
point path (`point`), pair of classes by pair of classes: slower, never wrong.

Imported only inside functions: it needs numpy. **Source:** engine fact sheet, sections 2 and 8.
"""
