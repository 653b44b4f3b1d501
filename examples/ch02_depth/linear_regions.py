"""Depth can multiply linear regions, but random networks stay near what one layer of as many units has.

A network of ReLUs is linear in pieces, which are counted here exactly. One layer of n units divides the plane into at
most 1 + n + n (n - 1) / 2 regions, as n lines do (Zaslavsky, 1975), and random lines reach that. Layers that fold give
2ᴸ pieces of a line with two units each (Telgarsky, 2015). Random layers do not fold: on a line through their input,
networks of equally many units have about as many pieces whether they are wide or deep (Hanin and Rolnick, 2019).
"""
