dist_man_MANS += man/keg.1
