DELETE FROM lease_news
