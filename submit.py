# the file that spark-submit insists on:  spark-submit submit.py build presence --day 2026-03-02
from sojourn.run import main

main()
